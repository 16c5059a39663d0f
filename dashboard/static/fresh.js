// A part of a page that is asked for anew whenever it may have changed: shown when it has, and a lost connection said.

import { setClock } from "./times.js";

const TOO_LONG = 4000; // an answer that is still not here makes what one sees an old page

export function keepFresh(part, connection, show) {
  let version = 0; // grows with every answer shown, so that a slow older one is not shown after it
  let etag = "";
  let lostAt = null;

  async function ask() {
    const asked = version;
    const late = setTimeout(lost, TOO_LONG);
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch(part.dataset.part, { headers, cache: "no-store", signal: AbortSignal.timeout(10000) });
      if (answer.status === 401) return location.reload();
      if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
      setClock(answer.headers.get("Date"));
      const html = await answer.text();
      if (answer.status === 200 && asked === version) {
        etag = answer.headers.get("ETag") ?? "";
        version += 1;
        show(fragment(html));
      }
      found();
      return true;
    } catch {
      lost();
      return false;
    } finally {
      clearTimeout(late);
    }
  }

  // An answer still on its way is no longer what is wanted.
  function outdate() {
    version += 1;
  }

  // `sent`: the fields whose sending this is the answer to.
  function showNow(fresh, sent) {
    etag = "";
    version += 1;
    show(fresh, sent);
  }

  function lost() {
    lostAt ??= new Date();
    const since = lostAt.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
    connection.textContent = `No connection since ${since}. What you see may be old; trying again…`;
    connection.hidden = false;
  }

  function found() {
    lostAt = null;
    connection.hidden = true;
  }

  window.addEventListener("offline", lost);
  // Coming back by the back button may show a page kept from before, perhaps from before signing out.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  return { ask, outdate, showNow, lost, found };
}

export function fragment(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}
