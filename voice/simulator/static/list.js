// The callback list, as Ringback's JSON interface tells it to this server.

import { ask, byId, carrierNow, make, setZone, write } from "./page.js";

const REASONS = {
  closed: "rang while the firm was closed", holiday: "rang on a holiday", nobody_on_shift: "nobody was on shift",
  all_busy: "everybody was on the phone", rang_out: "nobody picked up in time", declined: "everybody declined",
  mailbox: "only a mailbox answered", carrier_limit: "the carrier would not ring more phones",
  abandoned: "hung up while it was ringing", short_abandon: "hung up within seconds",
  short_talk: "the talk was under ten seconds", our_outage: "rang during an outage",
};
const STATES = {
  claimed: "somebody has it", calling: "being rung now", talking: "talking now", wrapping_up: "just talked",
  unreached: "not reached so far", held: "held for the owner", no_number: "no number to ring",
};
const OPEN_LIST = "The list is empty: nobody waits to be rung back. Let a call go unanswered, and see.";

/** +12125550142 as people write it; other countries' numbers as they are. */
function spaced(number) {
  return number?.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3");
}

export class CallbackList {
  constructor(setting) {
    this.list = byId("list");
    this.numbers = new Set();
    this.items = [];
    this.known = null;
    if (setting.ringback) {
      byId("real-list").href = setting.ringback;
      byId("real-list").hidden = false;
    }
  }

  async refresh() {
    const told = await ask("/desk/callbacks").catch((error) => ({ state: "down", why: error.message }));
    this.readable = told.state === "ok";
    if (told.state === "ok") this.draw(told);
    else {
      const why = told.state === "missing"
        ? "This simulator was started alone and knows of no Ringback. `ringback demo` starts both."
        : `Ringback's list cannot be read: ${told.why}.`;
      write(byId("list-empty"), why.replaceAll("`", ""));
      byId("list-empty").hidden = false;
    }
  }

  draw({ items, zones }) {
    const fresh = new Set(items.map((item) => item.id));
    const text = JSON.stringify(items) + Math.floor(carrierNow() / 30000);
    this.numbers = new Set(items.map((item) => item.caller));
    this.items = items;
    setZone(Object.values(zones)[0]);
    if (text !== this.text) {
      this.list.replaceChildren(...items.map((item) => this.row(item, zones[item.line])));
      this.text = text;
      this.show(this.list.querySelector(".new"));
    }
    this.known = fresh;
    byId("list-empty").hidden = items.length > 0;
    write(byId("list-empty"), OPEN_LIST);
    for (const place of [byId("list-count"), byId("tab-count")]) {
      write(place, String(items.length));
      place.hidden = items.length === 0;
    }
  }

  /** Bring a new row into sight, unless somebody is at the list. */
  show(row) {
    if (row && !this.list.matches(":hover, :focus-within")) this.list.scrollTop = row.offsetTop - this.list.offsetTop - 48;
  }

  row(item, zone) {
    const who = item.name || spaced(item.caller) || "Hidden number";
    const isNew = this.known !== null && !this.known.has(item.id);
    const often = item.calls > 1 ? `, rang ${item.calls} times` : "";
    const why = `${REASONS[item.reason] || "was missed"}${often}`;
    const state = STATES[item.state] ? make("span", { className: "state", text: STATES[item.state] }) : "";
    return make("li", { className: `owed-row ${item.state}${isNew ? " new" : ""}` },
      make("p", { className: "promise" }, ...this.promise(item, zone)),
      make("p", { className: "person" }, make("b", { text: who }), state),
      make("p", { className: "why", text: why }));
  }

  promise(item, zone) {
    if (!item.promised_by) return ["no time promised"];
    const at = new Date(item.promised_by);
    const clock = at.toLocaleTimeString([], { hour: "numeric", minute: "2-digit", timeZone: zone || undefined });
    const left = Math.round((at - carrierNow()) / 60000);
    const day = left > 12 * 60 ? at.toLocaleDateString([], { weekday: "short", timeZone: zone || undefined }) + " " : "";
    const when = left >= 0 ? `in ${left < 90 ? `${left} min` : `${Math.round(left / 60)} h`}` : `${-left} min late`;
    return ["by ", make("b", { text: day + clock }), make("span", { className: left < 0 ? "left late" : "left", text: when })];
  }
}
