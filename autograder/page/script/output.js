// Shows what came of a press. The feedback is HTML of the grader's, but it comes from where the reader's code runs,
// and that code may come from anybody: only what the feedback is made of gets into the page.

const TAGS = new Set(
  "A B CODE DETAILS DIV EM LI P PRE SPAN STRONG SUMMARY TABLE TBODY TD TH THEAD TR UL SVG RECT TEXT TITLE".split(" "),
);
const ATTRIBUTES = new Set(
  "style role tabindex scope width height viewbox x y stroke-width stroke-dasharray text-anchor font-size".split(" "),
);
const RELOAD = "Press again; if it stays so, reload the page.";
const SILENT = "✓ Your code ran, and printed nothing. The value of a last line is shown: add one that calls your function.";
const STYLES = new RegExp(
  "^(align-items|alignment-baseline|background|baseline-|(-webkit-)?border|color|cursor|display|flex|font|" +
    "((row|column)-)?gap|height|line-height|list-style|margin|(max-|min-)?width|overflow|padding|text-|vertical-align|white-space)",
);
const COLOURS = /rgba?\([^()]*\)/g;
const GAPS = /repeating-linear-gradient\([^()]*\)/; // in pictures: what is no number

/** The parts of a fragment of HTML that cannot run anything, and ask nobody. */
export function harmless(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const element of [...body.querySelectorAll("*")]) {
    if (!TAGS.has(element.tagName.toUpperCase())) element.remove();
    for (const { name, value } of [...element.attributes])
      if (!fits(name.toLowerCase(), value)) element.removeAttribute(name);
    if (!calm(element.style)) element.removeAttribute("style");
  }
  return [...body.childNodes];
}

function fits(name, value) {
  if (name === "href") return /^(https?:\/\/|\.{0,2}\/|#)/i.test(value);
  if (name === "class") return value === "unrolled-feedback"; // the website's own classes can lay a text over the page
  if (name === "fill" || name === "stroke") return !value.replace(COLOURS, "").includes("(");
  return ATTRIBUTES.has(name) || name.startsWith("aria-");
}

/** A style as the browser has understood it: it loads nothing, and stays in its place. */
function calm(style) {
  return [...(style ?? [])].every((name) => {
    const value = style.getPropertyValue(name).replace(COLOURS, "").replace(GAPS, "");
    return STYLES.test(name) && !/[(\\]|(^|\s)-/.test(value);
  });
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

/** What came of a check: the cell's state, a sentence, and what stands below it; the points stand there alone. */
export function checked({ problem, status, html, printed }, unwritten) {
  if (problem) return { state: "error", sentence: `The checks could not be made: ${problem}. ${RELOAD}`, parts: [] };
  const parts = [...harmless(html), ...(printed ? [fold("What your code printed", printed)] : [])];
  if (status === "passed") return { state: "passed", sentence: "✓ Right.", parts };
  return { state: "failed", sentence: unwritten ? "Not written yet." : "✗ Not right yet: see below.", parts };
}

/** What came of a run: what was printed, with the last value, and the error that ended it. */
export function ran({ text, error }) {
  const parts = text ? [block("pre", text, "live-text")] : [];
  if (!error) return { state: "idle", sentence: text ? "✓ Your code ran. What it printed stands below." : SILENT, parts };
  return { state: "failed", sentence: "✗ Your code ended with an error.", parts: [...parts, block("pre", error, "live-text")] };
}
