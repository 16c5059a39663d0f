// The list by keyboard: j and k walk the rows, c and Enter press what the row offers, ? says so.

export function listenToKeys(list, help) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key !== "j" && event.key !== "k") return;
    if (help.open || event.target.closest("input, textarea, select, audio")) return;
    const row = document.activeElement?.closest("[data-row]");
    const act = {
      j: () => walk(list, row, 1),
      k: () => walk(list, row, -1),
      c: () => row && press(row, "claim-"),
      "?": () => help.showModal(),
    }[event.key];
    if (act) act();
    // Enter on a button or a link is that button's or link's own.
    else if (event.key === "Enter" && document.activeElement === row) press(row, "call-");
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
  row.querySelector(`button[id^="${what}"]`)?.click();
}
