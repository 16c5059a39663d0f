// The lines between the phones: dotted while one rings, a glowing cord while two talk.

const SVG = "http://www.w3.org/2000/svg";

/** Draw from the customer's phone to each station that is up; nothing where the phones stand one above the other. */
export function drawCords(svg, mobile, stations) {
  const ground = svg.getBoundingClientRect();
  const from = mobile.getBoundingClientRect();
  const wanted = stations.filter((station) => ["ringing", "on a call", "talking"].includes(station.root.dataset.state));
  const side = stations.length && stations[0].root.getBoundingClientRect().left > from.right;
  const calling = mobile.dataset.state !== "idle";
  const paths = side && calling ? wanted.map((station) => cord(station, from, ground)) : [];
  const key = paths.map((path) => `${path.getAttribute("class")}${path.getAttribute("d")}`).join("|");
  if (svg.dataset.key === key) return;
  svg.dataset.key = key;
  svg.replaceChildren(...paths);
}

function cord(station, from, ground) {
  const to = station.root.getBoundingClientRect();
  const start = [from.right - ground.left - 4, from.top - ground.top + from.height * 0.42];
  const end = [to.left - ground.left + 4, to.top - ground.top + to.height * 0.5];
  const bend = (end[0] - start[0]) * 0.55;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", `cord ${station.root.dataset.state.replaceAll(" ", "-")}`);
  path.setAttribute("d", `M${start.map(Math.round).join(" ")}C${Math.round(start[0] + bend)} ${Math.round(start[1])} ${Math.round(end[0] - bend)} ${Math.round(end[1])} ${end.map(Math.round).join(" ")}`);
  return path;
}
