// Axes and lines of the two pictures with curves.
import { circle, group, line, path, rect, text } from "./svg.js";

/** Where a value stands: box {left, right, top, bottom}, x and y [lowest, highest]. */
export function scales(box, x, y) {
  const between = ([low, high], from, to) => (value) => from + ((value - low) / (high - low)) * (to - from);
  return { box, x: between(x, box.left, box.right), y: between(y, box.bottom, box.top) };
}

/** How high the curves' field is on a page so wide. */
export const tall = (width) => 152 + Math.max(0, width - 400) * 0.25;

/** Grid lines with their numbers; xs and ys are pairs of value and label. */
export function axes({ box, x, y }, xs, ys) {
  return group(
    "axes",
    ...ys.map(([value]) => line(box.left, y(value), box.right, y(value), "grid")),
    ...ys.map(([value, label]) => text(box.left - 6, y(value) + 4.5, label, "", "end")),
    ...xs.map(([value]) => line(x(value), box.bottom, x(value), box.bottom + 4, "grid")),
    ...xs.map(([value, label]) => text(x(value), box.bottom + 18, label)),
  );
}

const written = (points) => points.map(([x, y], n) => `${n ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
const square = (x, y) => rect(x - 3.5, y - 3.5, 7, 7, "mark");
const marks = { circle: (x, y) => circle(x, y, 4, "mark"), square };

/** A curve through the values, cut off where it leaves the box, with a mark at every few steps. */
export function curve({ box, x, y }, values, cls, mark, every) {
  const points = values.map((value, n) => [x(n), y(value)]);
  const outside = points.findIndex(([, py]) => !(py >= box.top - 0.5 && py <= box.bottom + 0.5));
  const inside = outside < 0 ? points : points.slice(0, outside);
  const shown = mark ? inside.filter((_, n) => n % every === 0) : [];
  const last = outside > 0 ? [edge(box, points[outside - 1], points[outside])] : [];
  return group(cls, path(written([...inside, ...last]), "stroke"), ...shown.map((point) => marks[mark](...point)));
}

/** Where the way from a to b crosses the upper or lower side of the box. */
function edge(box, a, b) {
  const side = b[1] < box.top ? box.top : box.bottom;
  if (!Number.isFinite(b[1])) return [a[0], side];
  const part = (side - a[1]) / (b[1] - a[1]);
  return [a[0] + part * (b[0] - a[0]), side];
}
