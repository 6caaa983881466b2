// Shows the host name that label and SBC give, as they are typed and chosen; the server writes it without script, too.
(() => {
  const shown = document.querySelector("[data-host-name]");
  const form = shown?.closest("form");
  form?.addEventListener("input", () => {
    const label = form.elements.host_label.value.trim().toLowerCase();
    const domain = form.elements.sbc.selectedOptions[0]?.dataset.domain;
    shown.textContent = !domain ? "choose an SBC" : label ? `${label}.${domain}` : "enter a label";
  });
})();
