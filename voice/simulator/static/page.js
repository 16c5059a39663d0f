// What every part uses: elements, requests, and the carrier's clock.

export const byId = (id) => document.getElementById(id);

/** An element: `make("p", {className: "x", text: "…"}, ...children)`. */
export function make(tag, { text, ...more } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(more)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

/** Set text only when it differs, so that a selection and a screen reader are left in peace. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let skew = 0;
let bestTrip = Infinity;

/** Milliseconds of the carrier's clock. */
export const carrierNow = () => Date.now() + skew;

/** Learn the carrier's clock from an answer; the quickest trips tell it best. */
export function setClock(iso, trip) {
  if (trip > bestTrip * 1.5 && trip > 20) return;
  bestTrip = Math.min(bestTrip, trip);
  skew = Date.parse(iso) + trip / 2 - Date.now();
}

let zone;

/** Tell times by this clock, the line's, wherever the browser is: what is promised aloud is told by it. */
export function setZone(name) {
  zone = name || undefined;
}

/** A moment as hour and minute. */
export function hourAndMinute(at, more = {}) {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", timeZone: zone, ...more });
}

/** JSON from this server; throws an Error with a sentence for people. */
export async function ask(path, method = "GET", body = undefined) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The simulator does not answer. Is it still running?");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error || `The simulator answered ${answer.status}.`);
  return told;
}

/** Something a phone's owner does. */
export const act = (number, deed, body = {}) =>
  ask(`/simulator/phones/${encodeURIComponent(number)}/${deed}`, "POST", body);

let troubleTimer;

/** Say what went wrong, for a while. */
export function complain(error) {
  const place = byId("trouble");
  write(place, error.message);
  place.hidden = false;
  clearTimeout(troubleTimer);
  troubleTimer = setTimeout(() => { place.hidden = true; }, 6000);
}

/** Run something a person asked for; what fails is said. */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    complain(error);
    return null;
  }
}

/** 65 seconds as 1:05. */
export function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
