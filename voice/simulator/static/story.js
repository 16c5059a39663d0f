// The timeline: each request and answer in plain words, with the second of the call; open one to see the wire.

import { ask, attempt, byId, hourAndMinute, make, write } from "./page.js";

const MOST_ROWS = 300;
const MARKS = { carrier: "Carrier", ringback: "Ringback", people: "", alarm: "!", start: "" };

function stamp(seconds) {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(0).padStart(2, "0")}`;
}

/** The wire as it was: what was asked with every parameter, and what was answered. */
function wire(raw) {
  const table = make("dl");
  for (const [name, value] of Object.entries(raw.params)) {
    table.append(make("dt", { text: name }), make("dd", { text: value }));
  }
  const body = make("pre", { text: readable(raw.body) || "(empty)" });
  return [make("p", { className: "asked", text: raw.asked }), table, make("p", { className: "asked", text: `→ ${raw.answered}` }), body];
}

/** JSON indented, a document a verb to a line. */
function readable(body) {
  if (!body.startsWith("{")) return body.replaceAll("><", ">\n<");
  try {
    return JSON.stringify(JSON.parse(body), null, 1);
  } catch {
    return body;
  }
}

export class Story {
  constructor() {
    this.list = byId("story");
    this.read = 0;
    this.pinned = true; // follows what happens until somebody scrolls back to read
    this.list.addEventListener("scroll", () => {
      if (this.list.clientHeight) this.pinned = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 60;
    }, { passive: true });
    byId("details").addEventListener("change", (event) => {
      this.list.classList.toggle("all", event.target.checked);
    });
  }

  draw(rows) {
    if (!rows.length) return;
    for (const row of rows) {
      if (row.n > this.read) this.list.append(this.item(row));
      this.read = Math.max(this.read, row.n);
    }
    while (this.list.children.length > MOST_ROWS) this.list.firstElementChild.remove();
    byId("story-empty").hidden = true;
    this.follow();
  }

  follow() {
    if (this.pinned) this.list.scrollTop = this.list.scrollHeight;
  }

  item(row) {
    const node = make("li", { className: `row ${row.speaker}${row.detail ? " detail" : ""}` });
    const time = make("span", { className: "second", text: row.speaker === "start" ? this.hour(row.at) : stamp(row.seconds) });
    const mark = MARKS[row.speaker];
    const words = make("span", { className: "words" }, ...this.worded(row.text, mark));
    if (!row.raw) {
      node.append(make("div", { className: "line" }, time, words));
      return node;
    }
    const more = make("details", {}, make("summary", { className: "line" }, time, words), make("div", { className: "wire" }));
    more.addEventListener("toggle", () => this.open(more, row.raw), { once: true });
    node.append(more);
    return node;
  }

  /** "Carrier asks: …" with its first words set apart from what is asked. */
  worded(text, mark) {
    const cut = mark ? text.indexOf(": ") : -1;
    if (cut < 0) return [text];
    return [make("b", { text: text.slice(0, cut + 1) }), text.slice(cut + 1)];
  }

  hour(at) {
    return hourAndMinute(at, { hour12: false });
  }

  async open(details, raw) {
    const place = details.querySelector(".wire");
    this.pinned = false; // somebody reads
    write(place, "…");
    const told = await attempt(() => ask(`/desk/raw/${raw}`));
    if (told) place.replaceChildren(...wire(told));
    details.scrollIntoView({ block: "nearest" });
  }
}
