// One memory cell whose gates are set by hand: what it holds, and what it shows, over 60 steps.
import { cellRun, halfLife, limit } from "./core/lstm.js";
import { axes, curve, scales, tall } from "./plot.js";
import { show } from "./stage.js";
import { circle, group, index, line, number, rect, text } from "./svg.js";

const STEPS = 60;

/** The smallest of 1, 2, 5, 10, ... that holds all values. */
export function ceiling(values) {
  const top = Math.max(...values.map(Math.abs));
  return [1, 2, 5, 10, 20, 50, 100].find((bound) => bound >= top - 1e-9);
}

/** The half-life of f in words. */
export function half(f) {
  if (f === 0) return "no half-life: with f = 0 nothing is kept";
  if (f === 1) return "no half-life: with f = 1 nothing fades";
  const steps = halfLife(f);
  return `half-life of f = ${number(f)}: ${number(steps, steps < 10 ? 1 : 0)} steps`;
}

function place(values, g, width) {
  const bound = ceiling(values);
  const box = { left: 40, right: width - 14, top: 62, bottom: 62 + tall(width) };
  const [bottom, top] = g < 0 ? [-bound, 0] : [0, bound];
  const scale = scales(box, [0, STEPS - 1], [bottom, top]);
  const parts = [5, 10, 50].includes(bound) ? 5 : 4;
  const ticks = [...Array(parts + 1).keys()].map((n) => (Math.sign(bottom + top) * bound * n) / parts);
  return { scale, ticks: ticks.map((value) => [value, number(value, { 1: 2, 2: 1 }[bound] ?? 0)]) };
}

function legend(width) {
  const middle = width / 2;
  return group("",
    group("blue", line(middle - 150, 39, middle - 122, 39, "stroke"), circle(middle - 136, 39, 4, "mark")),
    text(middle - 116, 44, "c, in the cell", "blue", "start"),
    group("orange dashed", line(middle + 2, 39, middle + 30, 39, "stroke"), rect(middle + 12.5, 35.5, 7, 7, "mark")),
    text(middle + 36, 44, "h, shown outside", "orange", "start"),
  );
}

/** The line at which half of the first content is left, or the height that the cell goes to. */
function guide(state, { x, y, box }) {
  const end = limit(state);
  if (state.always) {
    return Number.isFinite(end) && end ? [line(box.left, y(end), box.right, y(end), "guide")] : [];
  }
  const steps = halfLife(state.f);
  if (!(steps > 0 && steps < STEPS) || state.i * state.g === 0) return [];
  const at = y((state.i * state.g) / 2);
  return [line(box.left, at, x(steps), at, "guide"), line(x(steps), at, x(steps), box.bottom, "guide")];
}

const signed = (value) => (number(value)[0] === "−" ? `(${number(value)})` : number(value));

/** The equations, and below them the numbers of the step at the cursor. */
function sums(state, run) {
  const { t } = state;
  const [before, i] = [t ? run[t - 1].c : 0, state.always || t === 0 ? state.i : 0];
  const [f, g, o] = [state.f, state.g, state.o].map((value) => signed(value));
  return [
    "cₜ = f·cₜ₋₁ + i·g and hₜ = o·tanh(cₜ)",
    `c${index(t)} = ${f}·${signed(before)} + ${number(i)}·${g} = ${number(run[t].c)}`,
    `h${index(t)} = ${o}·tanh(${number(run[t].c)}) = ${number(run[t].h)}`,
  ];
}

function draw(state, width) {
  const run = cellRun(state, STEPS, state.always);
  const [c, h] = [run.map((now) => now.c), run.map((now) => now.h)];
  const { scale, ticks } = place(c, state.g, width);
  const at = scale.x(state.t);
  const shapes = [
    text(width / 2, 18, half(state.f), "strong"),
    legend(width),
    axes(scale, [0, 10, 20, 30, 40, 50].map((t) => [t, t || "step 0"]), ticks),
    ...guide(state, scale),
    line(at, scale.box.top, at, scale.box.bottom, "cursor"),
    curve(scale, c, "blue", "circle", 6),
    curve(scale, h, "orange dashed", "square", 6),
    ...sums(state, run).map((words, n) => text(width / 2, scale.box.bottom + 42 + 22 * n, words, ["small", "small blue", "small orange"][n])),
  ];
  return { height: scale.box.bottom + 96, shapes };
}

function say(state) {
  const run = cellRun(state, STEPS, state.always);
  const end = limit(state);
  const goes = Number.isFinite(end) ? `goes to ${number(end)}` : `${end > 0 ? "grows" : "falls"} without end`;
  const gates = ["i", "f", "g"].map((key) => `${key} ${number(state[key])}`).join(", ");
  const written = state.always ? `written to at every step, the cell ${goes}` : "the cell is written to at step 0 alone";
  const { c, h } = run[state.t];
  const words = half(state.f);
  return `With ${gates} and o ${number(state.o)} ${written}. ${words[0].toUpperCase()}${words.slice(1)}. At step ${state.t}, c is ${number(c)} and h is ${number(h)}.`;
}

const gate = (key, label, min = 0) => ({ kind: "range", key, label, min, max: 1, step: 0.01, text: (value) => number(value) });

export const picture = {
  name: "gates",
  title: "A memory cell with its gates set by hand",
  start: { i: 1, f: 0.9, g: 1, o: 0.8, always: false, t: 10, part: 0 },
  controls: [
    gate("i", "i, input gate"),
    gate("f", "f, forget gate"),
    gate("g", "g, candidate", -1),
    gate("o", "o, output gate"),
    { kind: "toggle", key: "always", label: "Write at every step, not at step 0 alone" },
  ],
  clock: { key: "t", label: "Step", pace: 120, last: () => STEPS - 1, text: String, aloud: (t) => `step ${t}` },
  draw,
  say,
};

show(picture);
