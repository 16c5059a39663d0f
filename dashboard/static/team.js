// The team, kept fresh in place. Without this script every button still works, and the page is as it was when opened.

import { keepFresh } from "./fresh.js";
import { stayLive } from "./live.js";
import { morphPage } from "./morph.js";

const team = document.getElementById("team");
const fresh = keepFresh(team, document.getElementById("connection"), (answer) => {
  const duty = answer.querySelector("#duty");
  duty.remove();
  morphPage(document.getElementById("duty"), duty);
  morphPage(team, answer);
});

stayLive(team.dataset.live, fresh.ask, { restsWhenHidden: () => true });
