// A drawing is a tree of arrays, [tag, attributes, ...children]; it becomes elements in a page, and text under Node.
const SPACE = "http://www.w3.org/2000/svg";
const round = (value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value);

export const group = (cls, ...children) => ["g", { class: cls }, ...children];
export const text = (x, y, words, cls = "", anchor = "middle") => ["text", { x, y, class: cls, "text-anchor": anchor }, words];
export const line = (x1, y1, x2, y2, cls) => ["line", { x1, y1, x2, y2, class: cls }];
export const rect = (x, y, width, height, cls, rx = 0) => ["rect", { x, y, width, height, class: cls, rx }];
export const circle = (cx, cy, r, cls) => ["circle", { cx, cy, r, class: cls }];
export const path = (d, cls) => ["path", { d, class: cls }];
export const faded = (opacity, ...children) => ["g", { opacity }, ...children];

/** A line with a head at its end. */
export function arrow(x1, y1, x2, y2, cls) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const size = Math.min(7, length * 0.7);
  const [bx, by] = [x2 - ux * size, y2 - uy * size];
  const side = size * 0.55;
  const points = [[x2, y2], [bx - uy * side, by + ux * side], [bx + uy * side, by - ux * side]];
  const head = ["polygon", { points: points.map((point) => point.map(round).join(",")).join(" "), class: "head" }];
  return group(cls, line(x1, y1, bx, by, "shaft"), head);
}

/** 0, 1, ... as an index below the line; -1, too. */
export const index = (n) => String(n).replace("-", "₋").replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);

/** A number as the book writes it: with a true minus. */
export const number = (value, digits = 2) => {
  const written = value.toFixed(digits);
  return (Number(written) === 0 ? written.replace("-", "") : written).replace("-", "−");
};

/** 0.00042 -> 4.2 × 10⁻⁴, as text that a screen reader reads as well. */
export function power(value) {
  if (value === 0) return "0";
  const [digits, exponent] = value.toExponential(1).split("e");
  const raised = exponent.replace("+", "").replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return exponent === "+0" || exponent === "-1" ? number(value) : `${digits} × 10${raised}`;
}

const escaped = (words) => String(words).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");

/** The tree as text. */
export function toText(tree) {
  if (!Array.isArray(tree)) return escaped(tree);
  const [tag, attributes, ...children] = tree;
  const given = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(round(value))}"`);
  return `<${tag}${given.join("")}>${children.map(toText).join("")}</${tag}>`;
}

/** The tree as elements of the page. */
export function toElement(tree) {
  if (!Array.isArray(tree)) return document.createTextNode(tree);
  const [tag, attributes, ...children] = tree;
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, round(value));
  element.append(...children.map(toElement));
  return element;
}
