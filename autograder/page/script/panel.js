// What is loaded at the first press: the editors, Python, and the notebook to hand in.
import { answer, cellOf } from "./cell.js";
import { handIn } from "./hand_in.js";

/** Does what a button of a live cell, or of the line to hand in, says. `here` is the folder of the first script. */
export function press(place, what, here) {
  if (what === "hand-in") handIn(place, answer);
  else cellOf(place, here).press(what);
}
