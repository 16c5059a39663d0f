// The page for when there is no network: looks whether it is back, and goes on where one was.

async function look() {
  const back = await fetch("/offline", { cache: "no-store" }).catch(() => null);
  if (back?.ok) location.reload();
}

window.addEventListener("online", look);
setInterval(look, 5000);
