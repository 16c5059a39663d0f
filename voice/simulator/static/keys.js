// A telephone's twelve keys.

import { make } from "./page.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SPOKEN = { "*": "star", "#": "hash" };

/** Fill a group with keys; `press` gets the key. */
export function addKeys(group, press) {
  for (const key of KEYS) {
    const button = make("button", { type: "button", text: key, "aria-label": SPOKEN[key] || key });
    button.addEventListener("click", () => press(key));
    group.append(button);
  }
}
