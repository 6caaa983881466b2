// Parts that refresh themselves (htmx, outerMorph): a menu that somebody opened is left as it is, and when the answer
// comes from another page (the sign-in has ended, the step is done) the whole page goes there.
(() => {
  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details")) event.target.toggleAttribute("hx-morph-skip", event.target.open);
  }, true); // toggle does not bubble
  document.addEventListener("htmx:before:response", (event) => {
    if (!event.detail.ctx?.response?.raw?.redirected) return;
    event.preventDefault();
    location.reload();
  });
})();
