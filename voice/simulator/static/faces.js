// Little faces, drawn: who is who must be seen from across the desk. Their mouths follow data-state of what holds them.

const SVG = "http://www.w3.org/2000/svg";
const SKINS = ["#f2c9a1", "#c98d5f", "#8d5a3b", "#e8b48a", "#f6d7bd", "#a86f47"];
const SHIRTS = ["#2f7f79", "#c9543c", "#b9852a", "#4a6fa5", "#7a5aa6", "#5b8a4b"];
const HAIRS = ["#3b2a20", "#1f1b1a", "#a4572a", "#6b4a2f", "#d9b25f", "#57534e"];
const STYLES = {
  short: ["M17 27c0-11 7-16 15-16s15 5 15 16c-2-4-4-7-6-8-6 2-13 2-18 0-3 2-5 4-6 8z"],
  bob: ["M14 41V27c0-11 8-17 18-17s18 6 18 17v14c-3 2-6 1-6-2V29c-8 0-14-3-18-8-1 4-3 6-6 8v10c0 3-3 4-6 2z"],
  bun: ["M17 28c0-12 7-17 15-17s15 5 15 17c-3-7-9-9-15-9s-12 2-15 9z", "M26 8a6 6 0 1 1 12 0 6 6 0 0 1-12 0z"],
  curls: [
    "M16 27a6 6 0 0 1 1-9 6 6 0 0 1 6-7 7 7 0 0 1 9-3 7 7 0 0 1 9 3 6 6 0 0 1 6 7 6 6 0 0 1 1 9c-3 1-4-3-5-5-7 1-15 1-22 0-1 2-2 6-5 5z",
  ],
  beard: [
    "M18 25c0-10 6-14 14-14s14 4 14 14c-3-5-5-6-8-6H26c-3 0-5 1-8 6z",
    "M18 33c0 11 6 17 14 17s14-6 14-17c-2 4-4 5-7 5-2-2-12-2-14 0-3 0-5-1-7-5z",
  ],
};
const ORDER = ["short", "curls", "bun", "bob", "beard"];

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function features() {
  return [
    shape("g", { class: "eyes" }),
    shape("path", { class: "mouth still", d: "M27 39q5 2 10 0" }),
    shape("path", { class: "mouth smile", d: "M25 37q7 8 14 0z" }),
    shape("path", { class: "mouth oh", d: "M29 39a3 3.500 0 1 1 6 0 3 3.500 0 1 1-6 0z" }),
  ];
}

/** The face of the `index`-th person; a hidden caller wears a hat and dark glasses. */
export function face(index, hidden = false) {
  const pick = (list) => list[index % list.length];
  const svg = shape("svg", { viewBox: "0 0 64 64", class: "drawn-face", "aria-hidden": "true" });
  svg.append(
    shape("circle", { class: "ground", cx: 32, cy: 32, r: 31 }),
    shape("path", { d: "M8 64c2-13 12-16 24-16s22 3 24 16z", fill: hidden ? "#3d4450" : pick(SHIRTS) }),
    shape("path", { d: "M27 42h10v8c-3 3-7 3-10 0z", fill: pick(SKINS) }),
    shape("ellipse", { cx: 32, cy: 30, rx: 14, ry: 16, fill: pick(SKINS) }),
  );
  const [eyes, ...mouths] = features();
  if (hidden) {
    svg.append(
      shape("path", { d: "M10 20c6 4 38 4 44 0l-4-2c-2-9-8-13-18-13S16 9 14 18z", fill: "#2a2e36" }),
      shape("path", { d: "M18 27h28l-2 6c-1 3-8 3-9 0l-2-4h-2l-2 4c-1 3-8 3-9 0z", fill: "#15171b" }),
    );
  } else {
    eyes.append(shape("circle", { cx: 26.5, cy: 29, r: 1.9 }), shape("circle", { cx: 37.5, cy: 29, r: 1.9 }));
    for (const d of STYLES[pick(ORDER)]) svg.append(shape("path", { d, fill: pick(HAIRS) }));
    svg.append(eyes);
  }
  svg.append(...mouths);
  return svg;
}
