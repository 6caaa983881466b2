// Menus (<details class="tl-menu">, and the fold of phones) close on Escape and on a click elsewhere, as menus do.
(() => {
  const open = () => document.querySelectorAll("details:is(.tl-menu, .tl-fold)[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    }
  });
})();
