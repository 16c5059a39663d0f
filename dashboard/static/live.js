// When to ask again: at once when the server rings, every few seconds where it has no place for us, and never while
// nobody looks. `ask` puts the question and says whether there was an answer.

const POLL = 3000; // without the bell
const FLOOR = 15000; // with it: should a ring be lost
const SLOWEST = 30000;
const LEAST = 250; // between two questions, however often it rings
const PATIENCE = 25000; // the server says something every ten seconds
const NO_PLACE = 60000;

export function stayLive(address, ask, { restsWhenHidden }) {
  let bell = null;
  let timer = 0;
  let asking = false;
  let again = false;
  let took = 0;
  let restedAt = 0;
  let heardAt = 0;
  let openAfter = 0;

  async function look() {
    clearTimeout(timer);
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    const started = performance.now();
    const answered = await ask();
    took = performance.now() - started;
    restedAt = performance.now() + Math.max(LEAST, 3 * took); // one that answers slowly has other things to do
    asking = false;
    later(again ? soon() : answered && listening() ? FLOOR : Math.min(SLOWEST, Math.max(POLL, 10 * took)));
    again = false;
  }

  function later(milliseconds) {
    clearTimeout(timer);
    if (!resting()) timer = setTimeout(next, milliseconds);
  }

  function next() {
    if (bell && Date.now() - heardAt > PATIENCE) shut(); // silent for too long: the way to the server is broken
    open();
    look();
  }

  const soon = () => Math.max(0, restedAt - performance.now()) + 100 * Math.random(); // not all pages at one moment
  const listening = () => bell?.readyState === EventSource.OPEN;
  const resting = () => document.hidden && restsWhenHidden();

  function open() {
    if (bell || resting() || Date.now() < openAfter) return;
    bell = new EventSource(address);
    heardAt = Date.now();
    bell.onopen = () => {
      heardAt = Date.now();
      look(); // whatever happened while nobody listened
    };
    bell.onmessage = () => {
      heardAt = Date.now();
      if (asking) again = true;
      else later(soon());
    };
    bell.addEventListener("alive", () => (heardAt = Date.now()));
    bell.onerror = () => {
      if (bell?.readyState === EventSource.CLOSED) {
        shut(); // no place for us, or signed out: the next answer says which
        openAfter = Date.now() + NO_PLACE;
      }
      look();
    };
  }

  function shut() {
    bell?.close();
    bell = null;
  }

  function wake() {
    openAfter = 0;
    open();
    look();
  }

  document.addEventListener("visibilitychange", () => {
    if (!resting()) return wake();
    shut();
    clearTimeout(timer);
  });
  window.addEventListener("online", wake);
  window.addEventListener("pagehide", shut);
  open();
  later(POLL);
  return { look, listening };
}
