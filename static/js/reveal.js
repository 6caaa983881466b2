// <button data-shows="#id"> shows and hides what is typed into a password field.
// <input type="checkbox" data-reveals="#id" data-hides="#other"> shows one block while ticked, the other while not.
(() => {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-shows]");
    const field = button && document.querySelector(button.dataset.shows);
    if (!field) return;
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });
  // A field that is sent as plain text may end in the browser's list of things once typed.
  document.addEventListener("submit", () => {
    for (const button of document.querySelectorAll('[data-shows][aria-pressed="true"]')) button.click();
  });

  const show = (selector, shown) => {
    const block = selector && document.querySelector(selector);
    if (block) block.hidden = !shown;
  };
  const settle = () => {
    for (const box of document.querySelectorAll("[data-reveals], [data-hides]")) {
      show(box.dataset.reveals, box.checked);
      show(box.dataset.hides, !box.checked);
    }
  };
  document.addEventListener("change", settle);
  addEventListener("pageshow", settle); // the browser may bring ticks back with the page
  settle();
})();
