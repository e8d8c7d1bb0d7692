// The first script of a page with live cells: shows what this browser has kept, and waits for a press. Python and the
// editor are loaded then, and nothing of them before. BUILD is the folder that holds them, named by its content.
import { gone, RENEWED } from "./gone.js";
import { aside, code, isLittle, passed } from "./keep.js";
import { showProgress } from "./progress.js";

const HERE = new URL(".", document.currentScript.src);
const FROM_A_FILE =
  "This page was opened as a file, and a browser runs no Python from files. Read it on the website, or serve the " +
  "folder: python -m http.server, then http://localhost:8000.";
const NOT_LOADED = "The editor could not be loaded. Are you online? Press again; if it stays so, reload the page.";

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long" });

let panel; // the promise of the script that does the rest
let failed = 0;

/** A browser may remember that it could not load a script: the next time it is asked for under another name. */
function load() {
  panel ??= import(new URL(`${BUILD}/panel.js${failed ? `?again=${failed}` : ""}`, HERE)).catch((error) => {
    panel = undefined;
    failed += 1;
    throw error;
  });
  return panel;
}

function status(place, words) {
  place.querySelector(".live-status").textContent = words;
}

/** What was pressed is done by the panel. */
async function press(place, what) {
  if (place.dataset.loading) return;
  place.dataset.loading = "yes";
  if (!panel) status(place, "Loading the editor: 0.1 MB ...");
  const loaded = await load().catch((error) => console.error(error));
  const sentence = !loaded && ((await gone(new URL(`${BUILD}/`, HERE))) ? RENEWED : NOT_LOADED);
  delete place.dataset.loading;
  if (loaded) loaded.press(place, what, HERE);
  else {
    status(place, sentence);
    place.dataset.state = "error";
  }
}

function listen(place) {
  place.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button && !button.disabled) press(place, button.dataset.do);
    else if (event.target.closest(".live-code pre") && !place.querySelector(".cm-editor") && getSelection().isCollapsed)
      press(place, "edit");
  });
  for (const button of place.querySelectorAll("button[data-do]")) button.disabled = button.dataset.do === "stop";
}

/** The code that was kept stands where the exercise's own stood, until the editor is there. */
function showKept(section) {
  const pre = section.querySelector(".live-code pre");
  const { keep, exercise } = section.dataset;
  section.starter = pre.textContent.replace(/\n$/, "");
  const kept = code(keep);
  if (kept !== null) pre.textContent = `${kept}\n`;
  const mine = kept !== null && !isLittle(kept, section.starter);
  section.querySelector('[data-do="restore"]').hidden = mine || !aside(keep).length;
  const day = exercise && passed(exercise);
  if (day) status(section, `✓ You solved this in this browser on ${DAY.format(new Date(day))}.`);
  else if (kept !== null) status(section, "This is your code, as this browser has kept it.");
}

/** A hint opens once the one before it has been open: the first is a question, the last almost the answer. */
function oneAfterTheOther(section) {
  const hints = [...section.querySelectorAll(".live-hint")];
  hints.forEach((hint, number) => {
    hint.addEventListener("toggle", () => hint.open && (hint.dataset.seen = "yes"));
    hint.firstElementChild.addEventListener("click", (event) => {
      if (number === 0 || hints[number - 1].dataset.seen) return;
      event.preventDefault();
      status(section, `Hint ${number + 1} opens once you have read hint ${number}.`);
    });
  });
}

const file = location.protocol === "file:";
for (const section of document.querySelectorAll("section.live")) {
  showKept(section);
  oneAfterTheOther(section);
}
for (const place of document.querySelectorAll("section.live, .live-hand-in")) {
  if (file) status(place, FROM_A_FILE);
  else listen(place);
}
showProgress();
