// Draws the pictures of a page from their descriptions, each in a room of its own that refreshes of the page leave
// alone. The tables beneath say the same; without this script, or with an old browser, they are all there is.

const drawn = new WeakMap(); // picture → the description it was drawn from
let engine = null;

export async function drawAll(root, library) {
  const pictures = [...root.querySelectorAll("[data-chart]")].filter((each) => drawn.get(each) !== each.dataset.chart);
  if (!pictures.length) return;
  try {
    await (engine ??= import(library));
  } catch {
    engine = null; // not there just now: the next look tries again
    return;
  }
  for (const picture of pictures) await draw(picture);
}

async function draw(picture) {
  const described = picture.dataset.chart;
  if (drawn.get(picture) === described) return;
  drawn.set(picture, described);
  const room = picture.shadowRoot ?? picture.attachShadow({ mode: "open" });
  const paper = document.createElement("div");
  paper.style.width = "100%";
  paper.ariaHidden = "true"; // the picture has its name, and the table beneath says every mark of it
  room.append(paper); // beside the old picture until the new one is there, so that nothing jumps
  // `ast`: without it the engine would need eval, which our policy forbids. No style of its own for the same reason.
  await window.vegaEmbed(paper, JSON.parse(described), {
    mode: "vega-lite", ast: true, renderer: "svg", actions: false, defaultStyle: false, tooltip: tell,
  });
  if (drawn.get(picture) !== described) return paper.remove(); // what was to be drawn has changed meanwhile
  while (room.firstChild !== paper) room.firstChild.remove();
}

const tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });

function tell(_handler, event, _mark, words) {
  tip.hidden = words == null || words === "";
  if (tip.hidden) return;
  if (!tip.isConnected) document.body.append(tip);
  tip.textContent = words;
  const { clientWidth: width } = document.documentElement;
  tip.style.left = `${Math.max(8, Math.min(event.clientX - tip.offsetWidth / 2, width - tip.offsetWidth - 8))}px`;
  tip.style.top = `${event.clientY > tip.offsetHeight + 24 ? event.clientY - tip.offsetHeight - 14 : event.clientY + 20}px`;
}

addEventListener("scroll", () => (tip.hidden = true), { passive: true });
