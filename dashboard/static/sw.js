// Works beside the pages, also while none is open: shows who waits when it is woken, and says so when the network is
// gone. It keeps one page without anybody's data, and nothing else.

const SHELL = "shell-1";
const OFFLINE = "/offline";
const ALERTS = {
  missed: "Several callers, one after the other.",
  promise: "Nobody has it in hand.",
  silent: "Somebody should have rung by now.",
}; // for owners: what to do stands among the notices

self.addEventListener("install", (event) => event.waitUntil(keepShell().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(tidy().then(() => self.clients.claim())));

async function keepShell() {
  const page = await fetch(OFFLINE, { cache: "no-store", credentials: "omit" });
  const named = (await page.clone().text()).matchAll(/"(\/assets\/[^"]+)"/g);
  const needs = [...new Set([...named].map(([, address]) => address))];
  const shell = await caches.open(SHELL);
  await shell.put(OFFLINE, page);
  await shell.addAll(needs);
}

async function tidy() {
  for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  else if (new URL(request.url).pathname.startsWith("/assets/")) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) ?? Response.error()));
  }
});

// From the push service, encrypted for this browser alone; or from an open page that nobody looks at.
self.addEventListener("push", (event) => event.waitUntil(tell(event.data?.json() ?? {})));
self.addEventListener("message", (event) => event.waitUntil(tell(event.data)));

function tell({ kind, callback, call, who, by }) {
  const time = by && new Date(by).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
  const title = {
    rings: `${who ?? "Somebody"} is ringing now`,
    due: `${who ?? "Somebody"} is to be rung back by ${time}`,
    handed: who ? `${who} is yours to ring back` : "A callback was handed to you",
    trial: "This is how it will look",
    missed: "Callers in a row reached nobody",
    promise: "A promise is about to break",
    silent: "No call has come in for too long",
  }[kind] ?? `${who ?? "Somebody"} is waiting`;
  const body = { rings: `Since ${time}.`, due: "Nobody has it yet.", trial: "You will hear when somebody is waiting.", ...ALERTS }[kind] ?? (time ? `To be rung back by ${time}.` : "");
  const tag = callback ? `callback-${callback}` : `ringback-${call ?? kind}`; // once for each caller, however many tell us
  return self.registration.showNotification(title, {
    body,
    tag,
    icon: "/assets/icon-192.png",
    badge: "/assets/badge-96.png",
    data: { address: callback ? `/#cb-${callback}` : kind in ALERTS ? "/notices" : call ? `/#${call}` : "/" },
  });
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(goTo(event.notification.data?.address ?? "/"));
});

async function goTo(address) {
  const pages = await self.clients.matchAll({ type: "window" });
  const open = pages.find((page) => new URL(page.url).pathname === "/");
  if (!open) return self.clients.openWindow(address);
  await open.focus();
  // The list goes to its own rows itself: loaded anew, it would lose what somebody is writing there.
  if (new URL(address, location).pathname === "/") return open.postMessage(address);
  return open.navigate(address).catch(() => undefined);
}
