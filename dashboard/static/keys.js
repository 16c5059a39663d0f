// The list by keyboard: j and k walk the rows, other letters press what the row offers, ? says so.

import { lookFor } from "./list_view.js";

const WAIT = 3000; // ms for a row's sheet to arrive
const FIRST = { r: ["sorted-"], s: ["later-hour-"], h: ["to-"] }; // what a letter leads to inside a row's sheet

export function listenToKeys(list, help) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.repeat && event.key !== "j" && event.key !== "k")) return;
    if (help.open) return;
    if (event.key === "Escape") return leave(event);
    if (event.target.closest("input, textarea, select, audio")) return;
    const row = document.activeElement?.closest("[data-row]");
    const act = {
      j: () => walk(list, row, 1),
      k: () => walk(list, row, -1),
      c: () => row && (press(row, "claim-") || press(row, "over-") || press(row, "reopen-")),
      r: () => row && reach(list, row, "r"),
      s: () => row && reach(list, row, "s"),
      h: () => row && reach(list, row, "h"),
      t: () => (row?.closest("#live") ? press(row, "take-") : document.querySelector('#live [id^="take-"]')?.click()),
      p: () => row && play(row),
      z: () => document.getElementById("take-back")?.click(),
      u: () => document.getElementById("take-back")?.click(),
      "/": () => document.getElementById("q").select(),
      "?": () => help.showModal(),
    }[event.key];
    if (act) act();
    // Enter on a button or a link is that button's or link's own.
    else if (event.key === "Enter" && document.activeElement === row) press(row, "call-") || press(row, "dial-") || press(row, "take-");
    else return;
    event.preventDefault();
  });
}

function walk(list, row, step) {
  const rows = [...list.querySelectorAll("[data-row]")];
  const at = row ? rows.indexOf(row) + step : step > 0 ? 0 : rows.length - 1;
  rows[Math.max(0, Math.min(at, rows.length - 1))]?.focus();
}

function press(row, what) {
  const found = row.querySelector(`button[id^="${what}"], a[id^="${what}"]`);
  found?.click();
  return Boolean(found);
}

// Open the row's sheet at the part a letter stands for; it may still be on its way.
function reach(list, row, letter) {
  const menu = row.querySelector("details.menu");
  if (!menu) return;
  menu.open = true;
  const there = () => {
    const found = FIRST[letter].map((id) => document.getElementById(row.id).querySelector(`[id^="${id}"]`)).find(Boolean);
    found?.focus();
    return Boolean(found);
  };
  if (there()) return;
  const watch = new MutationObserver(() => there() && watch.disconnect());
  watch.observe(list, { childList: true, subtree: true });
  setTimeout(() => watch.disconnect(), WAIT);
}

function play(row) {
  const sound = row.querySelector("audio");
  if (sound) sound.paused ? sound.play() : sound.pause();
}

// Out of a field or a sheet to its row, out of the search to the whole list.
function leave(event) {
  const row = event.target.closest("[data-row]");
  const box = document.getElementById("q");
  if (row) {
    const menu = event.target.closest("details.menu");
    if (menu) menu.open = false;
    row.focus();
  } else if (box.value) {
    box.value = "";
    lookFor("");
  } else return;
  event.preventDefault();
}
