// What to try or to watch next, in one sentence, from how the phones stand.

import { byId, make } from "./page.js";

function names(stations) {
  const first = stations.map((station) => station.name.split(" ")[0]);
  return first.length > 1 ? `${first.slice(0, -1).join(", ")} and ${first.at(-1)}` : first[0] || "";
}

function heard(customer, kind) {
  return customer?.heard.some((one) => one.kind === kind);
}

/** Parts of a sentence; those in ‹› are set strong. */
export function sentence({ customer, stations, play, monday, name }) {
  const of = (state) => stations.filter((station) => station.phone?.state === state);
  const live = customer && customer.state !== "idle";
  if (monday.running) return "‹Thirty callers in a minute.› Green faces talked to a person. The others are on the callback list: nobody is lost.";
  if (play) return play.watch;
  if (of("talking").length && live) return `${names(of("talking"))} and ${name} are ‹talking›. Let them, or hang either of them up.`;
  if (of("on a call").length && live) return `${names(of("on a call"))} hears who is calling. ‹Press any key› on that phone: it proves a person is there, not a mailbox.`;
  if (of("ringing").length) return `The phones ring while the greeting still plays. ‹Answer ${names(of("ringing").slice(0, 1))}'s phone›, or decline, or let them all ring.`;
  if (live && heard(customer, "beep")) return "Nobody came in time. They are ‹on the callback list already›, and may say what it's about, or just hang up.";
  if (live) return "The call is on its way: Ringback answers, and rings the staff.";
  if (monday.ending) return monday.ending;
  if (customer?.ended) return "Call again: somebody who waits is not put on the list twice. Or tap one of these:";
  return `Press ‹Call›, then answer ‹${names(stations.slice(0, 1))}'s phone› and press ‹any key›. Or tap one of these:`;
}

/** Show it. */
export function hint(state) {
  const text = sentence(state);
  const place = byId("hint");
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  place.replaceChildren(...text.split(/[‹›]/).map((part, index) => (index % 2 ? make("b", { text: part }) : part)));
}
