// The error summary takes the focus when the page, or a part of it, arrives; its links go into the field itself.
(() => {
  const known = new WeakSet(); // a later swap elsewhere must not pull the focus back
  const focus = () => {
    const summary = document.querySelector("[data-focus]");
    if (!summary || known.has(summary)) return;
    known.add(summary);
    summary.focus();
  };
  focus();
  document.addEventListener("htmx:after:swap", focus);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('[data-focus] a[href^="#"]');
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.closest(".tl-field")?.scrollIntoView();
    field.focus();
  });
})();
