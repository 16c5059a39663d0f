// One of the firm's phones: its bell, its screen, its keys, and what its owner does about it.

import { Captions } from "./captions.js";
import { face } from "./faces.js";
import { addKeys } from "./keys.js";
import { act, ask, attempt, byId, make, write } from "./page.js";

const OFFERED = {
  ringing: ["pick_up", "decline", "mailbox"],
  "on a call": ["hang_up"],
  talking: ["hang_up"],
};
const HABITS = {
  manual: {}, answers: { after: 3, key: "5", key_after: 1.5 }, mailbox: { after: 3 }, declines: { after: 2 },
  off: {}, busy: {},
};
const COLOURS = ["teal", "coral", "mustard", "plum"];

export class Station {
  constructor(person, index, refresh) {
    this.number = person.number;
    this.name = person.name;
    this.refresh = refresh;
    this.root = byId("station").content.firstElementChild.cloneNode(true);
    this.root.dataset.colour = COLOURS[index % COLOURS.length];
    this.root.id = `station-${index}`;
    this.find("h3").textContent = person.name;
    this.find("h3").id = `station-${index}-name`;
    this.root.setAttribute("aria-labelledby", `station-${index}-name`);
    this.find(".face").append(face(index));
    this.find(".talk").setAttribute("aria-label", `What ${person.name} hears and says`);
    this.find(".keys").setAttribute("aria-label", `${person.name}'s keys`);
    this.captions = new Captions(this.find(".talk"));
    addKeys(this.find(".keys"), (key) => this.deed("press", { keys: key }));
    this.listen();
  }

  find(selector) {
    return this.root.querySelector(selector);
  }

  listen() {
    for (const button of this.root.querySelectorAll("[data-deed]")) {
      button.addEventListener("click", () => this.deed(button.dataset.deed));
    }
    const box = this.find(".speak input");
    box.setAttribute("aria-label", `What ${this.name} says`);
    this.find(".speak").addEventListener("submit", (event) => {
      event.preventDefault();
      if (box.value.trim()) this.deed("speak", { text: box.value.trim() });
      box.value = "";
    });
    const habit = this.find(".habit select");
    habit.setAttribute("aria-label", `When ${this.name}'s phone rings`);
    habit.addEventListener("change", () => {
      const script = { script: habit.value, ...HABITS[habit.value] };
      attempt(() => ask("/simulator/phones", "POST", { number: this.number, role: "staff", script }));
    });
  }

  deed(deed, body = {}) {
    const work = deed === "mailbox"
      ? () => ask("/desk/mailbox", "POST", { number: this.number })
      : () => act(this.number, deed, body);
    return attempt(work).then(this.refresh);
  }

  draw(phone) {
    this.phone = phone;
    const { state } = phone;
    if (this.root.dataset.state !== state) this.change(state);
    const asked = state === "on a call" && phone.heard.some((one) => one.kind === "say" || one.kind === "play");
    this.openKeys(asked || state === "talking");
    const machine = phone.said.length > 0 && phone.said[0].text.includes("mailbox");
    this.root.classList.toggle("machine", machine && state === "on a call");
    write(this.find(".doing .text"), this.doing(phone, machine, asked));
    const habit = this.find(".habit select");
    this.setHabit(habit, phone.script);
    this.captions.draw(phone);
  }

  change(state) {
    const focused = this.root.contains(document.activeElement) && document.activeElement.dataset.deed;
    this.root.dataset.state = state;
    const offered = OFFERED[state] || [];
    for (const button of this.root.querySelectorAll("[data-deed]")) button.hidden = !offered.includes(button.dataset.deed);
    this.find(".speak").hidden = state !== "talking";
    this.find(".habit").hidden = offered.length > 0;
    // Who answered by keyboard stands on a button that is gone: the keys are what is wanted next.
    this.wantsKeys = focused && state === "on a call";
  }

  /** Not before the phone is asked for one: an earlier key would be heard by nobody. */
  openKeys(open) {
    for (const key of this.root.querySelectorAll(".keys button")) key.disabled = !open;
    if (open && this.wantsKeys) this.find(".keys button").focus();
    this.wantsKeys &&= !open;
  }

  setHabit(habit, script) {
    if (document.activeElement === habit) return;
    const known = [...habit.options].some((option) => option.value === script);
    if (!known) {
      const words = script === "script" ? "nobody comes" : "a busy Monday";
      habit.append(make("option", { value: script, text: words, hidden: true }));
    }
    habit.value = script;
  }

  doing(phone, machine, asked) {
    if (phone.state === "ringing") return `Ringing · ${phone.from}`;
    if (phone.state === "talking") return `Talking with ${phone.with}`;
    if (phone.state === "on a call" && machine) return "The mailbox picked up";
    if (phone.state === "on a call") return phone.keys || !asked ? "One moment…" : "Any key takes the call";
    return phone.ended || "Quiet";
  }

  tick() {
    this.captions.tick();
  }
}
