// The desk: asks the carrier how the phones stand, four times a second while something is going on, and draws it.

import { CallbackList } from "./list.js";
import { drawCords } from "./cords.js";
import { Customer } from "./customer.js";
import { hint } from "./hints.js";
import { Monday } from "./monday.js";
import { ask, attempt, byId, carrierNow, complain, hourAndMinute, make, setClock, write } from "./page.js";
import { hush, soundBell, speakCaptions, wireSound } from "./sound.js";
import { Station } from "./staff.js";
import { Story } from "./story.js";

const LIVE = 250;
const IDLE = 1500;
const LOST = 3000;
const LIST_LIVE = 1000;
const LIST_IDLE = 5000;
const TICK = 120;

class Desk {
  constructor(setting) {
    this.setting = setting;
    const refresh = () => this.look();
    this.customer = new Customer(setting, refresh);
    this.stations = setting.staff.map((person, index) => new Station(person, index, refresh));
    byId("office").append(...this.stations.map((station) => station.root));
    this.stations.forEach((station) => station.change("idle"));
    this.story = new Story();
    this.list = new CallbackList(setting);
    this.monday = new Monday(this.list, refresh);
    this.addPlays(setting.plays);
    this.listAt = 0;
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.look(); });
    setInterval(() => this.tick(), TICK);
  }

  addPlays(plays) {
    for (const play of plays) {
      const button = make("button", { type: "button", text: play.title, title: play.watch });
      button.dataset.play = play.name;
      button.addEventListener("click", () => this.perform(play));
      byId("plays").append(button);
    }
  }

  async perform(play) {
    if (play.name === "withheld") {
      const hidden = this.setting.callers.find((caller) => caller.withheld);
      if (hidden) this.customer.choose(hidden.number);
    } else if (this.setting.callers.find((caller) => caller.number === this.customer.number)?.withheld) {
      this.customer.choose(this.setting.callers[0].number);
    }
    await attempt(() => ask("/desk/play", "POST", { name: play.name, caller: this.customer.number }));
    this.look();
  }

  /** Look now; a look under way is followed by another, so that what was just done is seen. */
  async look() {
    if (this.looking) {
      this.again = true;
      return;
    }
    clearTimeout(this.timer);
    this.looking = true;
    const wait = await this.lookOnce();
    this.looking = false;
    if (this.again) {
      this.again = false;
      this.look();
    } else if (!document.hidden) this.timer = setTimeout(() => this.look(), wait);
  }

  async lookOnce() {
    const caller = encodeURIComponent(this.customer.number);
    const began = performance.now();
    try {
      const state = await ask(`/desk/now?since=${this.story.read}&caller=${caller}`);
      setClock(state.now, performance.now() - began);
      this.draw(state);
      return state.live ? LIVE : IDLE;
    } catch (error) {
      complain(error);
      return LOST;
    }
  }

  draw(state) {
    const customer = state.phones[this.customer.number];
    if (customer) this.customer.draw(customer);
    // Whoever is rung back is seen and can answer, whoever called last.
    if (state.rung && !this.customer.live && this.customer.number !== state.rung) {
      this.customer.choose(state.rung);
      this.again = true;
    }
    for (const station of this.stations) {
      if (state.phones[station.number]) station.draw(state.phones[station.number]);
    }
    this.story.draw(state.rows);
    this.monday.draw(state.monday);
    this.live = state.live;
    const play = this.setting.plays.find((one) => one.name === state.play);
    for (const button of byId("plays").children) button.classList.toggle("on", button.dataset.play === state.play);
    hint({ customer, stations: this.stations, play, monday: this.monday, name: this.customer.name });
    this.announce();
    this.sounds(customer);
    this.refreshList();
  }

  /** For those who hear the page: who rings, who talks. For small screens: where it rings. */
  announce() {
    const ringing = this.stations.filter((station) => station.phone?.state === "ringing");
    const up = this.stations.filter((station) => ["talking", "on a call"].includes(station.phone?.state));
    const { rung } = this.customer;
    const told = [
      ...(rung ? [`${this.customer.name}'s phone is ringing.`] : []),
      ...ringing.map((station) => `${station.name}'s phone is ringing.`),
      ...up.map((station) => `${station.name}: ${station.doing(station.phone, false)}.`),
    ];
    write(byId("news"), told.join(" "));
    const first = rung ? this.customer : up[0] || ringing[0];
    byId("look-down").hidden = !first || isInView(first.root);
    if (first) write(byId("look-down"), `${first.name.split(" ")[0]}'s phone ${up.includes(first) ? "is up ↓" : `is ringing ${rung ? "↑" : "↓"}`}`);
    byId("look-down").onclick = () => {
      document.querySelector(".tabs [data-view=phones]").click();
      first?.root.scrollIntoView({ block: "center" });
    };
  }

  sounds(customer) {
    soundBell([this.customer, ...this.stations].some(({ phone }) => phone?.state === "ringing"));
    if (customer) speakCaptions(customer, 0);
    this.stations.forEach((station, index) => { if (station.phone) speakCaptions(station.phone, index + 1); });
    if (!this.live) hush();
  }

  refreshList() {
    const every = this.live ? LIST_LIVE : LIST_IDLE;
    // A promise is written as the call ends: look once more when everything has just fallen quiet.
    if (performance.now() - this.listAt < every && this.live === this.wasLive) return;
    this.listAt = performance.now();
    this.wasLive = this.live;
    this.list.refresh();
  }

  tick() {
    this.customer.tick();
    for (const station of this.stations) station.tick();
    this.story.follow();
    drawCords(byId("cords"), this.customer.root, this.stations);
    write(byId("clock"), hourAndMinute(carrierNow()));
  }
}

function isInView(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && top > -height / 2 && bottom < window.innerHeight + height / 2;
}

function wireTabs() {
  const tabs = [...document.querySelectorAll(".tabs button")];
  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      document.body.dataset.view = tab.dataset.view;
      for (const other of tabs) other.setAttribute("aria-pressed", String(other === tab));
    });
  }
}

wireTabs();
wireSound();
attempt(() => ask("/desk/setting")).then((setting) => setting && new Desk(setting).look());
