// <button data-print>: the browser's own print dialogue.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
