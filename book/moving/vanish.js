// What is left of a gradient k steps back: the norm of the product of k Jacobians, on a logarithmic axis.
import { norms, slope, STEPS } from "./core/vanish.js";
import { axes, curve, scales, tall } from "./plot.js";
import { show } from "./stage.js";
import { circle, group, line, number, power, rect, text } from "./svg.js";

const [LOWEST, HIGHEST] = [-16, 12]; // powers of ten that are drawn
const raised = (exponent) => `10${String(exponent).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit])}`;

let kept = {};
/** The norms of this setting, computed once while only the cursor moves. */
function computed({ radius, size }) {
  if (kept.radius !== radius || kept.size !== size) kept = { radius, size, ...norms(radius, size), slope: slope(radius, size) };
  return kept;
}

/** A norm in words: has the gradient vanished, exploded, or neither? */
export function fate(value) {
  if (value < 1e-3) return "it has vanished";
  return value > 1e3 ? "it has exploded" : "it is still of use";
}

function legend(radius, width) {
  const middle = width / 2;
  return group("",
    group("blue", line(middle - 158, 39, middle - 130, 39, "stroke"), circle(middle - 144, 39, 4, "mark")),
    text(middle - 124, 44, "linear", "blue", "start"),
    group("orange dashed", line(middle - 68, 39, middle - 40, 39, "stroke"), rect(middle - 57.5, 35.5, 7, 7, "mark")),
    text(middle - 34, 44, "with tanh", "orange", "start"),
    group("plain dotted", line(middle + 42, 39, middle + 70, 39, "stroke")),
    text(middle + 76, 44, `${number(radius)}ᵏ alone`, "", "start"),
  );
}

function draw(state, width) {
  const { linear, tanh } = computed(state);
  const box = { left: 50, right: width - 14, top: 62, bottom: 62 + 1.2 * tall(width) };
  const scale = scales(box, [0, STEPS - 1], [LOWEST, HIGHEST]);
  const logs = (values) => values.map(Math.log10);
  const alone = linear.map((_, k) => k * Math.log10(state.radius));
  const at = scale.x(state.k);
  const shapes = [
    text(width / 2, 18, `norm of the gradient, k steps back`, "strong"),
    legend(state.radius, width),
    axes(scale, [0, 10, 20, 30, 40, 50].map((k) => [k, k]), [-16, -12, -8, -4, 0, 4, 8, 12].map((e) => [e, raised(e)])),
    line(box.left, scale.y(0), box.right, scale.y(0), "one"),
    line(at, box.top, at, box.bottom, "cursor"),
    curve(scale, alone, "plain dotted"),
    curve(scale, logs(linear), "blue", "circle", 5),
    curve(scale, logs(tanh), "orange dashed", "square", 5),
    text(width / 2, box.bottom + 38, `k = ${state.k}: linear ${power(linear[state.k])}, with tanh ${power(tanh[state.k])}`),
  ];
  return { height: box.bottom + 48, shapes };
}

function say(state) {
  const { linear, tanh, slope: mean } = computed(state);
  const [without, through] = [linear[state.k], tanh[state.k]];
  const steps = state.k === 1 ? "1 step" : `${state.k} steps`;
  return (
    `Spectral radius ${number(state.radius)}, inputs up to ${number(state.size)}: the mean slope of the tanh is ${number(mean)}. ` +
    `${steps} back the gradient's norm is ${power(without)} in the linear network (${fate(without)}), ` +
    `and ${power(through)} with tanh (${fate(through)}).`
  );
}

export const picture = {
  name: "vanish",
  title: "Gradients that vanish and explode",
  start: { radius: 1.2, size: 1, k: 50, part: 0 },
  controls: [
    { kind: "range", key: "radius", label: "Spectral radius", min: 0.5, max: 1.5, step: 0.05, text: (value) => number(value) },
    { kind: "range", key: "size", label: "Size of the inputs", min: 0, max: 4, step: 0.25, text: (value) => number(value) },
  ],
  clock: { key: "k", label: "Steps back, k", pace: 160, last: () => STEPS - 1, text: String, aloud: (k) => `${k} steps back` },
  draw,
  say,
};

show(picture);
