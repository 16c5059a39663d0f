// The team, kept fresh in place. Without this script every button still works, and the page is as it was when opened.

import { keepFresh } from "./fresh.js";
import { stayLive } from "./live.js";
import { morphDuty, morphPage } from "./morph.js";

const team = document.getElementById("team");
const fresh = keepFresh(team, document.getElementById("connection"), (answer) => {
  morphDuty(answer);
  morphPage(team, answer);
});

stayLive(team.dataset.live, fresh.ask, { restsWhenHidden: () => true });
