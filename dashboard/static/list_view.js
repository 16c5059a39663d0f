// What one looks for, how much of each group, which rows are unfolded: kept in the address, fetched without a reload.
// Without this script the same links and forms load the page anew.

const TYPING = 200; // ms without a key: then the words are looked for

const list = document.getElementById("list");
const form = document.getElementById("search");
const box = document.getElementById("q");
let typing = 0;
let dialled = ""; // the row whose number is dialled as soon as nobody else can have it

export function ask(address) {
  list.dataset.part = list.dataset.part.split("?")[0] + new URL(address, location.href).search;
  document.dispatchEvent(new Event("list:asked"));
}

export function lookFor(words) {
  clearTimeout(typing);
  ask(words.trim() ? `?${new URLSearchParams({ q: words })}` : "?");
}

box.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(lookFor, TYPING, box.value);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  lookFor(box.value);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-view]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ask(link.href);
  if (link.search === "") box.value = "";
});
// A row is sent folded up; what is in it is asked for when somebody opens it.
list.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (menu.open && menu.querySelector("summary[data-unfold]")) ask(menu.querySelector("a[data-view]").href);
}, true);
list.addEventListener("submit", (event) => {
  const id = event.target.querySelector('button[id^="by-hand-"]')?.id.replace("by-hand-", "");
  dialled = id && matchMedia("(pointer: coarse)").matches ? `dial-${id}` : "";
});

new MutationObserver((changes) => {
  if (changes.some((change) => change.type === "attributes")) {
    history.replaceState(null, "", location.pathname === "/" ? new URL(list.dataset.part, location.href).search || "/" : "/");
  }
  const link = dialled && document.getElementById(dialled);
  if (link) {
    dialled = "";
    link.click();
  }
}).observe(list, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-part"] });
