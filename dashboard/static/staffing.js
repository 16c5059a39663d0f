// Draws the picture of the page; without this script an image stands in its place.

import { drawAll } from "./chart.js";

const week = document.getElementById("week");
drawAll(week, week.dataset.library);
