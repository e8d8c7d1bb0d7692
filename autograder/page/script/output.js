// Shows what came of a press. The feedback is HTML of the grader's, but it comes from where the reader's code runs,
// and that code may come from anybody: only what the feedback is made of gets into the page.

const TAGS = new Set(
  "A B CODE DETAILS DIV EM LI P PRE SPAN STRONG SUMMARY TABLE TBODY TD TH THEAD TR UL SVG RECT TEXT TITLE".split(" "),
);
const ATTRIBUTES = new Set(
  "class role tabindex scope width height viewbox x y fill stroke stroke-width stroke-dasharray text-anchor font-size".split(" "),
);
const RELOAD = "Press again; if it stays so, reload the page.";
const SILENT = "✓ Your code ran, and printed nothing. The value of a last line is shown: add one that calls your function.";

/** The parts of a fragment of HTML that cannot run anything, and ask nobody. */
export function harmless(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const element of [...body.querySelectorAll("*")]) {
    if (!TAGS.has(element.tagName.toUpperCase())) element.remove();
    for (const { name, value } of [...element.attributes]) if (!fits(name.toLowerCase(), value)) element.removeAttribute(name);
  }
  return [...body.childNodes];
}

function fits(name, value) {
  if (name === "href") return /^(https?:\/\/|\.{0,2}\/|#)/i.test(value);
  if (name === "style") return !/url\s*\(|expression|@import|position\s*:/i.test(value);
  return ATTRIBUTES.has(name) || name.startsWith("aria-");
}

function block(tag, words, className) {
  const element = document.createElement(tag);
  element.textContent = words;
  if (className) element.className = className;
  return element;
}

function fold(title, text) {
  const details = document.createElement("details");
  details.append(block("summary", title), block("pre", text, "live-text"));
  return details;
}

/** What came of a check: the cell's state, a sentence, and what stands below it. */
export function checked({ problem, status, score, max_score, html, printed }) {
  if (problem) return { state: "error", sentence: `The checks could not be made: ${problem}. ${RELOAD}`, parts: [] };
  const points = `${Math.round(score * 100) / 100} of ${max_score} points`;
  const parts = [...harmless(html), ...(printed ? [fold("What your code printed", printed)] : [])];
  if (status === "passed") return { state: "passed", sentence: `✓ Right: ${points}.`, parts };
  return { state: "failed", sentence: `✗ Not right yet, ${points}. What was found stands below.`, parts };
}

/** What came of a run: what was printed, with the last value, and the error that ended it. */
export function ran({ text, error }) {
  const parts = text ? [block("pre", text, "live-text")] : [];
  if (!error) return { state: "idle", sentence: text ? "✓ Your code ran. What it printed stands below." : SILENT, parts };
  return { state: "failed", sentence: "✗ Your code ended with an error.", parts: [...parts, block("pre", error, "live-text")] };
}
