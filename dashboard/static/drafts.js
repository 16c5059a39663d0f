// What somebody is writing on a row outlives whatever colleagues do with that row meanwhile. While the row has no such
// field (a colleague has it, it is closed, it is not on the page), the words stay beside it; and what happened is said.

const FIELDS = ":is(.sheet, .kept) :is(input:not([type=hidden]), select)";
const told = new Map(); // what happened to a row one is writing on, until one is done with it

const named = (root, id) => root.querySelector(`[id="${id}"]`);
const about = (field) => field.id.split("-").at(-1); // the callback's id: `note-…`, `later-at-…`

// Before `fresh` takes the place of the list. `sent`: the fields that have just been sent and taken, if any. Answers
// with those that somebody writes in and sees: they are to be in sight afterwards, too.
export function keepWriting(list, fresh, sent) {
  for (const field of sent ?? []) if (field.matches(FIELDS)) field.value = untouched(field);
  const fields = [...list.querySelectorAll(FIELDS)].filter((field) => !sent?.includes(field) && isBeingWritten(field));
  const rows = new Set(fields.map(about));
  for (const id of told.keys()) if (!rows.has(id)) told.delete(id);
  for (const id of rows) {
    const row = named(fresh, `cb-${id}`);
    const happened = row && !sent && difference(named(list, `cb-${id}`), row);
    if (happened) tell(id, happened);
    if (row && told.has(id)) row.querySelector(".what").append(paragraph("meanwhile", told.get(id)));
  }
  for (const field of fields) {
    if (!named(fresh, field.id)) box(list, fresh, about(field)).append(field.closest("label").cloneNode(true));
  }
  return fields.filter((field) => !field.closest(".menu:not([open])"));
}

function isBeingWritten(field) {
  return field === document.activeElement || field.value !== untouched(field);
}

function untouched(field) {
  return field.matches("select") ? (field.querySelector("[selected]") ?? field.options[0]).value : field.defaultValue;
}

function difference(before, after) {
  const [was, is] = [standing(before), standing(after)];
  if (was.group !== is.group) return `Meanwhile moved to “${is.title}”${is.state && `: ${is.state}`}.`;
  return was.holder === is.holder ? "" : `Meanwhile: ${is.holder || "nobody has it any more"}.`;
}

// Where a row stands and whose it is, as it says itself.
function standing(row) {
  const group = row?.closest("section");
  const holder = row?.querySelector(".holder")?.cloneNode(true);
  holder?.querySelector(".quiet")?.remove(); // until when: that changes with every sign of life
  const words = (element) => element?.textContent.trim().replace(/\s+/g, " ") ?? "";
  const title = words(group?.querySelector("h2")?.firstChild);
  return { group: group?.id, title, holder: words(holder), state: words(holder) || words(row?.querySelector(".when strong")) };
}

function tell(id, words) {
  told.set(id, words);
  document.getElementById("meanwhile").textContent = words;
}

// Where the words stay that have no field now: on their row, or above the list.
function box(list, fresh, id) {
  const there = named(fresh, `kept-${id}`);
  if (there) return there;
  const row = named(fresh, `cb-${id}`);
  const who = named(list, `cb-${id}`)?.querySelector("h3 bdi")?.textContent ?? named(list, `kept-${id}`)?.dataset.who ?? "";
  const made = Object.assign(document.createElement("div"), { id: `kept-${id}`, className: row ? "kept" : "kept hint" });
  made.dataset.who = who;
  const where = row ? "is kept here" : `about ${who} is kept here: that row is not on this page now`;
  made.append(paragraph("quiet", `What you were writing ${where}. Nothing of it has been sent.`));
  if (row) row.querySelector(".what").append(made);
  else fresh.prepend(made);
  return made;
}

function paragraph(className, textContent) {
  return Object.assign(document.createElement("p"), { className, textContent });
}
