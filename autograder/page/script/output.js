// Shows what came of a press. The feedback is HTML of the grader's, but it comes from where the reader's code runs,
// and that code may come from anybody: only what the feedback is made of gets into the page.

const TAGS = new Set("A B BR CODE DETAILS DIV EM I LI OL P PRE SPAN STRONG SUMMARY TABLE TBODY TD TH THEAD TR U UL SVG G PATH LINE RECT CIRCLE POLYLINE TEXT TITLE DESC IMG".split(" "));
const STYLES = /^(align-items|background|(-webkit-)?border|color|cursor|display|flex|font|((row|column)-)?gap|height|line-height|list-style|margin|(max-|min-)?width|overflow|padding|text-|vertical-align|white-space)/;
const COLOURS = /rgba?\([^()]*\)/g;
const ATTRIBUTES = new Set("style class role tabindex scope title open href src alt width height viewbox d x y x1 x2 y1 y2 r cx cy points fill stroke stroke-width stroke-dasharray text-anchor font-size".split(" "));

/** The parts of a fragment of HTML that cannot run anything, and ask nobody. */
export function harmless(html) {
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const element of [...body.querySelectorAll("*")]) {
    if (!TAGS.has(element.tagName.toUpperCase())) element.remove();
    for (const { name, value } of [...element.attributes]) if (!fits(name.toLowerCase(), value)) element.removeAttribute(name);
    if (!calm(element.style)) element.removeAttribute("style");
  }
  return [...body.childNodes];
}

function fits(name, value) {
  if (name === "href") return /^(https?:\/\/|\.{0,2}\/|#)/i.test(value);
  if (name === "src") return /^data:image\/(png|svg\+xml);base64,/i.test(value);
  if (name === "class") return value === "unrolled-feedback"; // the website's own classes can lay a text over the page
  if (name === "fill" || name === "stroke") return !value.replace(COLOURS, "").includes("(");
  return ATTRIBUTES.has(name) || name.startsWith("aria-");
}

/** A style as the browser has understood it: it loads nothing, and stays in its place. */
function calm(style) {
  return [...(style ?? [])].every((name) => {
    const value = style.getPropertyValue(name).replace(COLOURS, "").replace(/repeating-linear-gradient\([^()]*\)/, "");
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

/** The feedback of a check, and what the code printed. */
export function checked({ html, printed }) {
  return [...harmless(html), ...(printed ? [fold("What your code printed", printed)] : [])];
}

/** What a run printed, with its last value, and the error that ended it. */
export function ran({ text, error }) {
  const parts = [];
  if (text) parts.push(block("pre", text, "live-text"));
  if (error) parts.push(block("pre", error, "live-text live-error"));
  return parts;
}
