// <button data-copy="#id">: copies the text (or the value) of that element and says so, also to screen readers.
(() => {
  const spoken = document.createElement("div");
  spoken.className = "tl-vh";
  spoken.setAttribute("role", "status");
  document.body.append(spoken);

  const select = (source) => {
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
  };
  const copy = async (source) => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      return "Copied";
    } catch { // no clipboard without https: mark it, so that one key is left to press
      select(source);
      return "Marked: press Ctrl+C";
    }
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const source = button && document.querySelector(button.dataset.copy);
    if (!source) return;
    const words = button.querySelector("span") ?? button;
    const before = button.dataset.words ?? words.textContent;
    button.dataset.words = before;
    words.textContent = spoken.textContent = await copy(source);
    clearTimeout(button.back);
    button.back = setTimeout(() => { words.textContent = before; spoken.textContent = ""; }, 3000);
  });
})();
