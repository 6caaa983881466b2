// allauth's scripts for passkeys are told by the page which button and field are theirs; and what a browser that used no
// passkey has to say stands beside the button, where it would else stand in the console alone.
document.addEventListener("DOMContentLoaded", () => {
  for (const told of document.querySelectorAll("script[data-allauth-onload]")) {
    const form = told.dataset.allauthOnload.split(".").reduce((found, part) => found[part], window);
    form(JSON.parse(told.textContent));
  }
});
document.addEventListener("allauth.error", (event) => {
  const place = document.querySelector("[data-passkey-failed]");
  if (!place) return;
  event.preventDefault();
  place.textContent = event.detail.exception.name === "InvalidStateError"
    ? "This device has a passkey for your account already."
    : "The browser used no passkey: it was cancelled, or there is none for this portal here. Nothing was changed.";
});
