// Light or dark, before anything is drawn: what was chosen here, else what the system prefers.
(() => {
  const page = document.documentElement;
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* storage is off: follow the system */ }
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const set = (theme) => { page.dataset.bsTheme = theme; };
  page.dataset.js = "";
  set(chosen ?? (dark.matches ? "dark" : "light"));
  dark.addEventListener("change", () => chosen ?? set(dark.matches ? "dark" : "light"));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    chosen = page.dataset.bsTheme === "dark" ? "light" : "dark";
    set(chosen);
    try { localStorage.setItem("theme", chosen); } catch { /* then it holds for this page only */ }
  });
})();
