// The callback list, kept fresh in place. Without this script every button still works, by reloading the page.

import { keepWriting } from "./drafts.js";
import { fragment, keepFresh } from "./fresh.js";
import { morphDuty, morphPage } from "./morph.js";
import { setClock, tick } from "./times.js";
import { listenToKeys } from "./keys.js";
import { stayLive } from "./live.js";
import { isAlert, setUpAlerts, tellOfNew } from "./notify.js";

const RENEW = 30000;
const WATCHED = 10 * 60000; // a page nobody has touched for so long holds no claim any more

const list = document.getElementById("list");
const said = document.getElementById("said");
const { ask, outdate, showNow, lost, found } = keepFresh(list, document.getElementById("connection"), (fresh, sent) => {
  if (sent === undefined) morphDuty(fresh); // not an answer to what was sent, whose bar stands beside the list
  show(fresh, sent);
});
let touchedAt = Date.now();

function show(fresh, sent) {
  const { activeElement: focused } = document;
  const row = focused?.closest?.("[data-row]");
  const writes = row && focused.matches("input, select");
  const stood = writes && focused.getBoundingClientRect().top;
  const { selectionStart, selectionEnd } = focused ?? {};
  const unfolded = list.querySelectorAll(".menu[open]:not(:has(> [data-unfold]))");
  const inSight = keepWriting(list, fresh, sent);
  morphPage(list, fresh);
  // What one wanted to do on a row is done: its sheet was sent folded up again.
  for (const menu of unfolded) if (menu.querySelector("[data-unfold]")) menu.open = false;
  for (const field of inSight) field.closest(".menu:not([open])")?.setAttribute("open", "");
  tick(list);
  tellOfNew(list);
  const waiting = list.querySelector("#title-waiting .count")?.textContent ?? "0";
  document.title = `${waiting === "0" ? "" : `(${waiting}) `}Callbacks · Ringback`;
  if (row && document.activeElement === document.body) {
    (list.contains(focused) ? focused : document.getElementById(row.id))?.focus({ preventScroll: true });
    if (selectionStart != null && list.contains(focused)) focused.setSelectionRange(selectionStart, selectionEnd);
  }
  // The row one writes on may have gone to another part of the page: the page goes along.
  if (writes && document.activeElement === focused) scrollBy({ top: focused.getBoundingClientRect().top - stood, behavior: "instant" });
}

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const written = [...form.elements]; // a refresh on its way may take some of them elsewhere
  button?.setAttribute("aria-busy", "true");
  outdate();
  try {
    const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
    const answer = await fetch(action, { method: "POST", body: fields });
    const page = fragment(await answer.text());
    if (new URL(answer.url).pathname === "/login" || answer.status === 401) return location.reload();
    const fresh = page.querySelector("#list");
    if (fresh) {
      list.dataset.part = fresh.dataset.part;
      morphDuty(page);
      showNow(fresh, answer.ok ? written : null);
    }
    explain(fresh ? page.querySelector("#said") : page.querySelector("#main"));
    found();
  } catch {
    lost();
    explain(fragment("<p>That did not reach Ringback. Check the connection and press it again.</p>"));
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

function explain(words) {
  const asWritten = words.querySelector(".problem");
  const text = words.textContent.trim();
  said.replaceChildren();
  if (!text) return;
  const problem = asWritten ?? Object.assign(document.createElement("div"), { className: "problem", role: "alert" });
  if (!asWritten) {
    const lines = [...words.querySelectorAll("h1, .card > p:not(.quiet), body > p")].filter((line) => !line.querySelector("a"));
    for (const line of lines) problem.append(Object.assign(document.createElement("p"), { textContent: line.textContent }));
    if (!lines.length) problem.textContent = text;
  }
  said.append(problem);
  problem.scrollIntoView({ block: "nearest" });
}

function renew() {
  if (document.hidden || Date.now() - touchedAt > WATCHED) return;
  const token = list.querySelector("#do input[name=csrf_token]").value;
  for (const row of list.querySelectorAll("[data-renew]")) {
    const body = new URLSearchParams({ csrf_token: token });
    fetch(row.dataset.renew, { method: "POST", body }).catch(lost);
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.closest("#list, #said, #duty")) return;
  event.preventDefault();
  if (event.submitter?.getAttribute("aria-busy") !== "true") send(event.target, event.submitter);
});
document.addEventListener("list:asked", () => { // another view of the list is wanted: see list_view.js
  outdate(); // an answer still on its way shows the view before it
  ask();
});
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => (touchedAt = Date.now()), true);

setClock(list.dataset.now);
listenToKeys(list, document.getElementById("help"));
setInterval(() => tick(list), 1000);
setInterval(renew, RENEW);
tellOfNew(list);
setUpAlerts(document.getElementById("alerts"));
stayLive(list.dataset.live, ask, { restsWhenHidden: () => !isAlert() });
