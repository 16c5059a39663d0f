// “Undo” goes when it can no longer be pressed with success; whoever stood on it is not thrown out of the page.

const place = document.getElementById("undo");

function watch() {
  for (const toast of place.querySelectorAll(".toast:not([data-timed])")) {
    toast.dataset.timed = "";
    setTimeout(leave, Number(toast.dataset.left), toast);
  }
}

function leave(toast) {
  if (toast.contains(document.activeElement)) document.getElementById("main").focus({ preventScroll: true });
  toast.remove();
}

new MutationObserver(watch).observe(place, { childList: true });
watch();
