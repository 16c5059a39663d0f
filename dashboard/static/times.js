// Times that pass while nobody reloads: the same words as dashboard/words.py, on the server's clock, not this device's.

let ahead = 0; // milliseconds the server's clock is ahead of ours

export function setClock(serverTime) {
  const moment = Date.parse(serverTime);
  if (!Number.isNaN(moment)) ahead = moment - Date.now();
}

export function tick(root) {
  const now = Date.now() + ahead;
  for (const element of root.querySelectorAll("[data-due]")) {
    const seconds = (Date.parse(element.dataset.due) - now) / 1000;
    say(element, until(seconds));
    element.closest("[data-row]")?.classList.toggle("late", seconds <= -60);
  }
  for (const element of root.querySelectorAll("[data-since]")) {
    say(element, lasting(Math.max(0, Math.floor((now - Date.parse(element.dataset.since)) / 1000))));
  }
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function until(seconds) {
  if (seconds > 0) return `in ${span(Math.ceil(seconds / 60))}`;
  const minutes = Math.floor(-seconds / 60);
  return minutes ? `${span(minutes)} late` : "due now";
}

function span(minutes) {
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day" : `${days} days`;
}

function lasting(seconds) {
  const minutes = Math.floor(seconds / 60);
  return minutes ? `${minutes}:${String(seconds % 60).padStart(2, "0")} min` : `${seconds} s`;
}
