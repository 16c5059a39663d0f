// The owner's page, kept fresh in place while the days it shows are not over. Without this script it is as it was
// opened.

import { drawAll } from "./chart.js";
import { keepFresh } from "./fresh.js";
import { stayLive } from "./live.js";
import { morphPage } from "./morph.js";

const figures = document.getElementById("figures");
const draw = () => drawAll(figures, figures.dataset.library);
const fresh = keepFresh(figures, document.getElementById("connection"), (answer) => {
  morphPage(figures, answer);
  draw();
});

draw();
if (figures.dataset.live) stayLive(figures.dataset.live, fresh.ask, { restsWhenHidden: () => true });
