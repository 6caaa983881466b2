// <form data-once>: a second click sends nothing, and the button says that it is working (data-busy="Checking …").
(() => {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]") || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (!button) return;
    button.dataset.idle = button.innerHTML;
    button.textContent = button.dataset.busy ?? "Working …";
    button.setAttribute("aria-disabled", "true");
    button.setAttribute("aria-live", "polite");
  });
  addEventListener("pageshow", () => { // back from the next page: the form is usable again
    for (const form of document.querySelectorAll("[data-once][data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[data-idle]")) {
        button.innerHTML = button.dataset.idle;
        button.removeAttribute("aria-disabled");
        delete button.dataset.idle;
      }
    }
  });
})();
