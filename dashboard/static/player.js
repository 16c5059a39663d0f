// Messages are heard at the speed their listener likes; it is remembered on this device.

const KEPT = "message-speed";
const SPEEDS = ["1", "1.25", "1.5", "2"];

function speed() {
  const kept = localStorage.getItem(KEPT);
  return SPEEDS.includes(kept) ? kept : "1";
}

function apply() {
  for (const choice of document.querySelectorAll("select[data-speed]")) choice.value = speed();
  for (const sound of document.querySelectorAll("audio")) sound.playbackRate = Number(speed());
}

document.documentElement.classList.add("scripted"); // without this script a speed could be chosen, but not kept to
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("select[data-speed]")) return;
  localStorage.setItem(KEPT, event.target.value);
  apply();
});
// Loading a sound sets its speed back to one.
document.addEventListener("play", (event) => (event.target.playbackRate = Number(speed())), true);
new MutationObserver(apply).observe(document.getElementById("main"), { childList: true, subtree: true });
apply();
