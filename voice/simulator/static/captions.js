// What a phone hears and its owner says, as lines on its screen; words light up as they are spoken.

import { carrierNow, make, write } from "./page.js";

const WHOLE = 0.95; // the last syllable is not worth a cut
const RUNS_ON = new Set(["play", "ring", "tone"]);

/** Caption and speech as one list in order of time; the same tone again and again is one line. */
export function linesOf(phone) {
  const heard = phone.heard.map((one) => ({ ...one, key: `${phone.call}-${one.n}`, from: "other" }));
  const said = phone.said.map((one) => ({ ...one, kind: "own", key: `${phone.call}-s${one.at}`, from: "me" }));
  const lines = [];
  for (const line of [...heard, ...said].sort((one, two) => one.at.localeCompare(two.at))) {
    const last = lines.at(-1);
    if (last && RUNS_ON.has(line.kind) && last.kind === line.kind && last.text === line.text) last.until = line.until;
    else lines.push({ ...line });
  }
  return lines;
}

function wording(line) {
  switch (line.kind) {
    case "play": return `♪ ${line.text}`;
    case "ring": return "♪ connecting…";
    case "beep": return "♪ beep";
    case "tone": return `♪ ${line.text} tone`;
    case "joined": return `Connected with ${line.text}`;
    case "parted": return "The talk is over";
    default: return line.text;
  }
}

/** The share of a caption's words that has been spoken by now. */
function spoken(line) {
  if (line.kind !== "say" && line.kind !== "voice") return 1;
  const end = line.until && Date.parse(line.until) < carrierNow() ? Date.parse(line.until) : carrierNow();
  const share = (end - Date.parse(line.at)) / 1000 / (line.seconds || 0.5);
  return share > WHOLE ? 1 : Math.max(0, share);
}

/** A list on a screen. `draw` takes a phone of /desk/now; `tick` moves the light along the words. */
export class Captions {
  constructor(list) {
    this.list = list;
    this.shown = new Map();
    this.pinned = true; // until somebody scrolls back to read
    list.addEventListener("wheel", () => this.pin(), { passive: true });
    list.addEventListener("touchend", () => this.pin(), { passive: true });
    list.addEventListener("keyup", () => this.pin());
  }

  pin() {
    requestAnimationFrame(() => {
      this.pinned = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 30;
    });
  }

  draw(phone) {
    const lines = linesOf(phone).filter((line) => wording(line));
    const wanted = new Set(lines.map((line) => line.key));
    for (const [key, item] of this.shown) {
      if (!wanted.has(key)) {
        item.node.remove();
        this.shown.delete(key);
      }
    }
    for (const line of lines) {
      const known = this.shown.get(line.key);
      if (known) known.line = line;
      else this.shown.set(line.key, this.add(line));
    }
    if (!lines.length) this.pinned = true;
    this.tick();
  }

  add(line) {
    const lit = make("span", { className: "lit" });
    const dim = make("span", { className: "dim" });
    const node = make("li", { className: `heard ${line.kind} ${line.from}` }, lit, dim);
    this.list.append(node);
    return { node, lit, dim, line };
  }

  tick() {
    for (const { node, lit, dim, line } of this.shown.values()) {
      const words = wording(line);
      const share = spoken(line);
      const at = share >= 1 ? words.length : words.lastIndexOf(" ", Math.ceil(words.length * share)) + 1;
      write(lit, words.slice(0, at));
      write(dim, words.slice(at));
      const over = line.until && Date.parse(line.until) <= carrierNow();
      node.classList.toggle("cut", Boolean(over) && share < 1);
    }
    if (this.pinned) this.list.scrollTop = this.list.scrollHeight;
  }
}
