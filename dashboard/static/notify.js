// Telling somebody who does not look: a sound, a notification, and a browser that is woken when this page is closed.
// Each is asked for with a switch, never by itself; what was chosen is kept in this browser.

import { chime, wakeSound } from "./sound.js";

const chosen = (name) => localStorage.getItem(`alerts-${name}`) === "on";
const choose = (name, on) => localStorage.setItem(`alerts-${name}`, on ? "on" : "off");

export const isAlert = () => chosen("sound") || chosen("notify");

export function setUpAlerts(menu) {
  const worker = navigator.serviceWorker?.register("/sw.js").then(() => navigator.serviceWorker.ready);
  const say = (words) => (menu.querySelector("[role=status]").textContent = words);
  const act = {
    async sound(on) {
      say(on ? "You will hear two notes when somebody new is waiting." : "");
      if (on) chime();
    },
    async notify(on) {
      if (!on) return say(await stop(menu, await worker));
      say(await start(menu, await worker));
    },
    async names() {
      if (chosen("notify")) say(await start(menu, await worker));
    },
  };
  for (const box of menu.querySelectorAll("input[data-alert]")) {
    box.checked = chosen(box.dataset.alert);
    box.addEventListener("change", async () => {
      choose(box.dataset.alert, box.checked);
      await act[box.dataset.alert](box.checked).catch((problem) => say(`That did not work: ${problem.message}`));
      box.checked = chosen(box.dataset.alert);
      mark(menu);
    });
  }
  menu.querySelector("[data-try]").addEventListener("click", async () => {
    chime();
    if (window.Notification?.permission === "granted") (await worker).active.postMessage({ kind: "trial" });
  });
  if (chosen("sound")) document.addEventListener("pointerdown", wakeSound, { once: true });
  // A push service may have given this browser another address since: say so each time the page is opened.
  if (chosen("notify") && worker) worker.then((there) => start(menu, there)).catch(() => undefined);
  navigator.serviceWorker?.addEventListener("message", ({ data: address }) => goTo(address.split("#")[1]));
  mark(menu);
  menu.hidden = false;
}

// Where a notification leads that was tapped while this page is open.
function goTo(id) {
  if (id && !document.getElementById(id)) location.assign(`/#${id}`); // in another view of the list
  else if (id) document.getElementById(id).scrollIntoView({ block: "center" });
}

function mark(menu) {
  menu.querySelector("[data-on]").textContent = isAlert() ? "on" : "off";
}

async function start(menu, worker) {
  if (!worker || !("Notification" in window)) {
    choose("notify", false);
    return "This browser shows no notifications. On an iPhone or iPad, add this page to the home screen first.";
  }
  if ((await Notification.requestPermission()) !== "granted") {
    choose("notify", false);
    return "This browser does not let us. Allow notifications for this site in its settings, then switch this on again.";
  }
  try {
    await subscribe(menu, worker.pushManager);
    return "You will be told on this device, also when this page is closed.";
  } catch {
    return "You will be told on this device while this page is open somewhere. For when it is closed, this browser has no service.";
  }
}

async function subscribe(menu, manager) {
  const key = Uint8Array.from(atob(menu.dataset.key.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  let device = await manager.getSubscription();
  if (device && String(new Uint8Array(device.options.applicationServerKey)) !== String(key)) {
    await device.unsubscribe(); // made for another key than ours: we could not use it
    device = null;
  }
  device ??= await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = device.toJSON();
  await post(menu, menu.dataset.add, { endpoint, ...keys, names: chosen("names") ? "1" : "" });
}

async function stop(menu, worker) {
  const device = await worker?.pushManager?.getSubscription();
  if (device) {
    await post(menu, menu.dataset.forget, { endpoint: device.endpoint });
    await device.unsubscribe();
  }
  return "";
}

async function post(menu, address, fields) {
  const body = new URLSearchParams({ ...fields, csrf_token: menu.dataset.token });
  const answer = await fetch(address, { method: "POST", body });
  if (!answer.ok) throw new Error(String(answer.status));
}

// What the list has shown so far, to know who is new. The first list one sees is no news, and neither is somebody who
// has waited for long and is shown only now.
let newest = null;
const rang = new Set();

export async function tellOfNew(list) {
  const live = [...list.querySelectorAll("#live li[id]")];
  const last = Date.parse(list.querySelector("#news").dataset.newest) || 0; // of all who wait, shown or not
  const known = newest ?? last;
  const rings = newest === null ? [] : live.filter((row) => !rang.has(row.id));
  newest = Math.max(known, last);
  for (const row of live) rang.add(row.id);
  if (last <= known && !rings.length) return;
  if (chosen("sound")) chime();
  if (!chosen("notify") || document.hasFocus() || Notification.permission !== "granted") return;
  const { active } = await navigator.serviceWorker.ready;
  const named = (row) => (chosen("names") ? row.querySelector("h3 bdi")?.textContent : null);
  for (const row of rings.slice(0, 3)) {
    active.postMessage({ kind: "rings", call: row.id, who: named(row), by: row.querySelector("[data-since]").dataset.since });
  }
  if (last <= known) return;
  const fresh = [...list.querySelectorAll("[data-first]")].filter((row) => Date.parse(row.dataset.first) > known);
  if (!fresh.length) active.postMessage({ kind: "new" }); // their row is not among those that are shown
  for (const row of fresh.slice(0, 3)) {
    const by = row.querySelector("[data-due]")?.dataset.due;
    active.postMessage({ kind: "new", callback: row.id.replace("cb-", ""), who: named(row), by });
  }
}
