// The word beside the short name: its suggestion fills the field, and once there is a fresh word the form's former one goes.
(() => {
  const verdict = document.querySelector("#short-name-verdict");
  const field = document.querySelector("#id_short_name");
  if (!verdict || !field) return;
  verdict.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fills]");
    if (!button) return;
    field.value = button.dataset.value;
    field.focus(); // the button goes with the next word
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // When the portal cannot answer now, nothing is said; when the sign-in has ended, that is, while there is time.
  document.addEventListener("htmx:before:response", (event) => {
    const answer = event.detail.ctx?.response?.raw;
    if (event.target !== field || (answer?.ok && !answer.redirected)) return;
    event.preventDefault();
    if (answer?.redirected) verdict.replaceChildren(document.querySelector("#signed-out").content.cloneNode(true));
  });
  new MutationObserver(() => {
    document.querySelector("#id_short_name_error")?.remove();
    field.closest(".tl-field").classList.remove("is-bad");
    field.toggleAttribute("aria-invalid", false);
    if (verdict.querySelector("[data-broken]")) field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "id_short_name_helptext");
  }).observe(verdict, { childList: true });
})();
