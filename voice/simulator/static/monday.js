// Busy Monday: thirty faces, and what became of each.

import { face } from "./faces.js";
import { ask, attempt, byId, make, write } from "./page.js";

const FATES = {
  "to come": "has yet to ring", waiting: "is waiting", talking: "is talking", talked: "talked to a person",
  gone: "gone without a talk", listed: "is on the callback list",
};

export class Monday {
  constructor(list, refresh) {
    this.callbacks = list;
    this.faces = byId("faces");
    byId("monday").addEventListener("click", () => attempt(() => ask("/desk/monday", "POST")).then(refresh));
    byId("monday-stop").addEventListener("click", () => this.stop(refresh));
  }

  stop(refresh) {
    if (!this.running) {
      byId("crowd").hidden = true;
      this.put = this.key;
      return;
    }
    attempt(() => ask("/desk/monday", "DELETE")).then(refresh);
  }

  draw({ running, callers }) {
    this.running = running;
    byId("monday").disabled = running;
    this.key = callers.length ? `${callers.length}` : "";
    if (running) this.put = null;
    byId("crowd").hidden = !callers.length || this.put === this.key;
    write(byId("monday-stop"), running ? "Stop" : "Put away");
    if (!callers.length) return;
    if (this.faces.children.length !== callers.length) this.seat(callers);
    const fates = callers.map((caller) => this.fate(caller));
    fates.forEach((fate, index) => this.mark(this.faces.children[index], callers[index].name, fate));
    this.count(fates);
    this.lost = callers.filter((_, index) => fates[index] === "gone").map((caller) => caller.name);
  }

  /** What to say when it is over and still on show; empty otherwise. */
  get ending() {
    if (this.running || byId("crowd").hidden) return "";
    const [talked, listed] = ["score-talked", "score-listed"].map((id) => byId(id).textContent);
    if (!this.callbacks.readable) return `‹Monday is over.› ${talked} talked to a person.`;
    const rest = this.lost.length ? `Neither talked nor listed: ${this.lost.join(", ")}.` : "Nobody was lost.";
    return `‹Monday is over.› ${talked} talked to a person, ${listed} will be rung back. ${rest}`;
  }

  /** Gone without a talk is what the phones know; on the list is what Ringback's own list says. */
  fate(caller) {
    const listed = this.callbacks.numbers.has(caller.number) && caller.fate !== "waiting" && caller.fate !== "talking";
    return listed && caller.fate !== "to come" ? "listed" : caller.fate;
  }

  seat(callers) {
    this.faces.replaceChildren(...callers.map((caller, index) => make("li", {}, face(index), make("span", { className: "spoken" }))));
  }

  mark(item, name, fate) {
    if (item.dataset.fate === fate) return;
    item.dataset.fate = fate;
    item.dataset.state = fate === "talking" || fate === "talked" ? "talking" : fate === "waiting" ? "ringing" : "idle";
    item.title = `${name} ${FATES[fate]}`;
    write(item.querySelector(".spoken"), item.title);
  }

  count(fates) {
    const many = (...kinds) => String(fates.filter((fate) => kinds.includes(fate)).length);
    write(byId("score-talked"), many("talking", "talked"));
    write(byId("score-listed"), this.callbacks.readable ? many("listed") : many("gone", "listed"));
    write(byId("listed-word"), this.callbacks.readable ? "on the callback list" : "gone without a talk");
    write(byId("score-waiting"), many("waiting"));
    write(byId("score-coming"), many("to come"));
  }
}
