// The customer's phone: who is calling, the call, their words, and keys that do nothing.

import { Captions } from "./captions.js";
import { face } from "./faces.js";
import { addKeys } from "./keys.js";
import { act, attempt, byId, carrierNow, make, minutes, write } from "./page.js";

const DOING = {
  idle: "On the kitchen table",
  dialling: "Dialling",
  "on a call": "On the line",
  talking: "Talking",
};
const NOTES = [
  (key) => `${key}: nothing happened. Nobody will ever ask for it.`,
  (key) => `${key} again? There is no menu to find.`,
  () => "Still nothing. Just wait, or talk, or hang up.",
];

export class Customer {
  constructor(setting, refresh) {
    this.root = byId("customer");
    this.refresh = refresh;
    this.lines = setting.lines;
    this.captions = new Captions(byId("customer-talk"));
    this.pressed = 0;
    this.addCallers(setting.callers);
    this.addLines(setting.lines);
    addKeys(byId("customer-keys"), (key) => this.press(key));
    byId("call").addEventListener("click", () => (this.rung ? this.deed("pick_up") : this.call()));
    byId("hang-up").addEventListener("click", () => this.deed("hang_up"));
    byId("customer-say").addEventListener("submit", (event) => this.speak(event));
  }

  addCallers(callers) {
    callers.forEach((caller, index) => {
      const name = caller.withheld ? "Withheld number" : caller.name || caller.number;
      const radio = make("input", { type: "radio", name: "caller", value: caller.number, checked: index === 0 });
      const short = caller.withheld ? "Withheld" : name.split(" ")[0];
      const words = make("span", { text: short, title: name });
      byId("who").append(make("label", { className: "caller" }, radio, face(index + 3, caller.withheld), words));
      radio.addEventListener("change", () => this.refresh());
    });
    this.names = new Map(callers.map((caller) => [caller.number, caller.withheld ? "the hidden caller" : caller.name || caller.number]));
  }

  addLines(lines) {
    for (const line of lines) byId("line").append(make("option", { value: line.number, text: line.name || line.number }));
    byId("line-choice").hidden = lines.length < 2;
    byId("call").disabled = lines.length === 0;
  }

  get number() {
    return this.root.querySelector("input[name=caller]:checked")?.value || "";
  }

  get name() {
    return this.names.get(this.number) || "The customer";
  }

  /** A play may be another person's: show their phone. */
  choose(number) {
    const radio = this.root.querySelector(`input[value="${CSS.escape(number)}"]`);
    if (radio) radio.checked = true;
  }

  call() {
    const to = byId("line").value;
    return attempt(() => act(this.number, "dial", { to })).then(this.refresh);
  }

  deed(deed, body) {
    return attempt(() => act(this.number, deed, body)).then(this.refresh);
  }

  press(key) {
    write(byId("keys-note"), NOTES[Math.min(this.pressed, NOTES.length - 1)](key));
    this.pressed += 1;
    if (this.live) this.deed("press", { keys: key });
  }

  speak(event) {
    event.preventDefault();
    const box = byId("customer-words");
    const text = box.value.trim();
    if (!text) return;
    if (!this.live) {
      write(byId("customer-doing"), "Nobody is listening yet: call first");
      return;
    }
    box.value = "";
    this.deed("speak", { text });
  }

  draw(phone) {
    this.live = phone.state !== "idle";
    this.rung = phone.state === "ringing";
    this.phone = phone;
    this.root.dataset.state = phone.state;
    write(byId("call"), this.rung ? "Answer" : "Call");
    write(byId("hang-up"), this.rung ? "Decline" : "Hang up");
    byId("call").disabled = !this.rung && (this.live || this.lines.length === 0);
    byId("hang-up").disabled = !this.live;
    byId("who").disabled = this.live;
    this.captions.draw(phone);
    this.tick();
  }

  tick() {
    if (!this.phone) return;
    const { state, with: other, from, ended, since } = this.phone;
    const time = this.live ? ` · ${minutes((carrierNow() - Date.parse(since)) / 1000)}` : "";
    const idle = this.lines.length ? ended || DOING.idle : "This carrier has no line to call";
    write(byId("customer-doing"), this.live ? `${other ? `With ${other}` : this.rung ? `${from} rings` : DOING[state]}${time}` : idle);
    this.captions.tick();
  }
}
