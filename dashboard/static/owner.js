// The owner's page, kept fresh in place while the days it shows are not over. Without this script it is as it was loaded.

import { drawAll } from "./chart.js";
import { morphChildren } from "./morph.js";
import { stayLive } from "./live.js";

const figures = document.getElementById("figures");
const connection = document.getElementById("connection");
let etag = "";

async function ask() {
  try {
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await fetch(figures.dataset.part, { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (answer.status === 401) return location.reload();
    if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
    if (answer.status === 200) {
      etag = answer.headers.get("ETag") ?? "";
      morphChildren(figures, new DOMParser().parseFromString(await answer.text(), "text/html").body);
      await drawAll(figures, figures.dataset.library);
    }
    connection.hidden = true;
    return true;
  } catch {
    connection.textContent = "No connection just now. What you see may be old; trying again…";
    connection.hidden = false;
    return false;
  }
}

drawAll(figures, figures.dataset.library);
if (figures.dataset.live) stayLive(figures.dataset.live, ask, { restsWhenHidden: () => true });
