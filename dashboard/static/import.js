// How far an import or a replay is, kept fresh in place. Without this script the page reloads itself.

const going = document.getElementById("going");
const bar = document.getElementById("bar");
const done = document.getElementById("done");
const total = document.getElementById("total");  // where it is not known from the beginning
const silent = document.getElementById("silent");  // shown while nobody is at it

async function look() {
  try {
    const answer = await fetch(going.dataset.progress, { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (answer.status === 401) return location.reload();
    const told = await answer.json();
    if (told.state !== "running") return location.reload();
    if (told.total) {
      bar.max = told.total;
      if (total) total.textContent = told.total;
    }
    if (silent) silent.hidden = !told.silent;
    bar.value = told.done;
    done.textContent = told.done;
  } catch {
    // Out of reach for a moment: the rows are brought in all the same, and the next look tells.
  }
  setTimeout(look, 700);
}

look();
