// What to try or to watch next, in one sentence, from how the phones stand.

import { byId, make } from "./page.js";

function names(stations) {
  const first = stations.map((station) => station.name.split(" ")[0]);
  return first.length > 1 ? `${first.slice(0, -1).join(", ")} and ${first.at(-1)}` : first[0] || "";
}

const areOrIs = (some) => (some.length > 1 ? "are" : "is");

/** Somebody is rung back, or rings in from elsewhere: the phone of the customer on show is on no call of its own. */
function ringBack(of, customer, name) {
  const up = of("on a call");
  const first = names(of("ringing").slice(0, 1));
  if (customer?.state === "ringing") return `${names(up) || "Somebody"} rings ${name} back. ‹Answer ${name}'s phone› too, or decline, or let it ring.`;
  if (of("talking").length) return `${names(of("talking"))} ${areOrIs(of("talking"))} ‹talking› with somebody who is not on this page: they answer by themselves.`;
  if (up.some((station) => !station.phone.keys)) return `${names(up)} hears who is to be rung back. ‹Press any key› on that phone: only then does the customer's ring.`;
  if (up.length) return "Now ‹the customer's phone› is rung. Who is not on this page answers by themselves.";
  return first && `${first}'s phone comes first, the customer's second. ‹Answer ${first}'s phone› and press ‹any key›.`;
}

function heard(customer, kind) {
  return customer?.heard.some((one) => one.kind === kind);
}

/** Parts of a sentence; those in ‹› are set strong. */
export function sentence({ customer, stations, play, monday, name }) {
  const of = (state) => stations.filter((station) => station.phone?.state === state);
  const live = customer && !["idle", "ringing"].includes(customer.state);
  if (monday.running) return "‹Thirty callers in a minute.› Green faces talk to a person. Who goes without a talk is on the callback list.";
  if (play) return play.watch;
  if (of("talking").length && live) return `${names(of("talking"))} and ${name} are ‹talking›. Let them, or hang either of them up.`;
  if (of("on a call").length && live) return `${names(of("on a call"))} hears who is calling. ‹Press any key› on that phone: it proves a person is there, not a mailbox.`;
  const rungBack = !live && ringBack(of, customer, name);
  if (rungBack) return rungBack;
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
