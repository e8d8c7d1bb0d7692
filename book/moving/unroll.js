// The loop unrolls and folds again: state flows right, gradient flows left, and the copies' gradients add up.
import { rnnBackward, rnnForward } from "./core/rnn.js";
import { show } from "./stage.js";
import { arrow, circle, faded, group, index, number, path, rect, text } from "./svg.js";

export const INPUTS = [0.9, -0.4, 0.6, 0.2, -0.8, 0.5, -0.3, 0.7];
export const WX = 1;
export const WH = 0.8;
const [MIDDLE, HALF] = [100, 19]; // of the boxes
const ROWS = { dh: 48, h: 70, x: 166, value: 184, dWh: 214, sum: 240 };

/** T steps of a network with one unit, and the gradient of L = the last state, back through all of them. */
export function run(T) {
  const x = INPUTS.slice(0, T).map((value) => [value]);
  const [Wx, Wh, zero] = [[[WX]], [[WH]], [0]];
  const hs = rnnForward(x, zero, Wx, Wh, zero);
  const { steps } = rnnBackward([1], x, zero, hs, Wx, Wh);
  const dWh = steps.map((step) => step.dWh[0][0]);
  return { h: hs.map(([h]) => h), dh: steps.map((step) => step.dh[0]), dWh, sum: dWh.reduce((a, b) => a + b, 0) };
}

/** How far state and gradient have come: the last step whose state is known, the first whose gradient is. */
export function reached({ T, gradient, now }) {
  return { forward: Math.min(now, T - 1), back: gradient && now >= T - 1 ? 2 * T - 2 - now : T };
}

const current = (state) => (state.now < state.T ? state.now : 2 * state.T - 2 - state.now);

function columns({ T, open }, width) {
  const gap = Math.min(96, (width - 68) / T);
  const first = 40 + (width - 68 - gap * T) / 2 + gap / 2;
  const x = (t) => width / 2 + (first + t * gap - width / 2) * open;
  return { x, gap, first, half: Math.min(26, gap * 0.31) };
}

/** A value below 1, without its zero where columns are narrow. */
const short = (value, gap) => (gap < 44 ? number(value).replace("0.", ".") : number(value));

/** One copy of the cell, with its input, and what is known of it. */
function copy(state, t, values, place) {
  const { forward, back } = reached(state);
  const x = place.x(t);
  const alone = t === current(state);
  const parts = [
    rect(x - place.half, MIDDLE - HALF, 2 * place.half, 2 * HALF, t <= forward ? "cell known" : "cell", 6),
    text(x, MIDDLE + 5, `h${index(t)}`, alone ? "strong" : ""),
    arrow(x, ROWS.x - 14, x, MIDDLE + HALF + 2, "ink"),
    text(x, ROWS.x, `x${index(t)}`),
    text(x, ROWS.value, short(INPUTS[t], place.gap), "small"),
  ];
  if (t <= forward) parts.push(text(x, ROWS.h, short(values.h[t], place.gap), "small blue"));
  if (t >= back) parts.push(text(x, ROWS.dh, short(values.dh[t], place.gap), "small orange"));
  if (t >= back) parts.push(text(x, ROWS.dWh, short(values.dWh[t], place.gap), "small orange"));
  return faded(alone ? 1 : state.open, ...parts);
}

/** From copy t - 1 to copy t: the state's way there, and the gradient's way back. */
function link(state, t, place) {
  const { forward, back } = reached(state);
  const [left, right] = [place.x(t - 1) + place.half + 2, place.x(t) - place.half - 2];
  const shift = state.gradient ? 8 : 0;
  const parts = [arrow(left, MIDDLE + shift, right, MIDDLE + shift, t <= forward ? "blue" : "faint")];
  if (state.gradient) parts.push(arrow(right, MIDDLE - 8, left, MIDDLE - 8, t > back ? "orange dashed" : "faint dashed"));
  if (right - left > 24) parts.push(text((left + right) / 2, MIDDLE + shift + 18, "Wh", "small"));
  return group("", ...parts);
}

/** What the row holds, at its left; the start of the state, and the loss. */
function frame(state, place) {
  const before = place.first - place.gap / 2 - 2;
  const names = [["h", ROWS.h, "blue"], ["x", ROWS.value, ""]];
  if (state.gradient) names.push(["dh", ROWS.dh, "orange"], ["dWh", ROWS.dWh, "orange"]);
  const [left, right] = [place.x(0) - place.half, place.x(state.T - 1) + place.half];
  const parts = names.map(([name, y, cls]) => text(before, y, name, `small strong ${cls}`, "end"));
  parts.push(text(left - 21, MIDDLE + 5, "0"), arrow(left - 16, MIDDLE, left - 2, MIDDLE, "blue"));
  if (state.gradient) parts.push(text(right + 22, MIDDLE - 3, "L"), arrow(right + 16, MIDDLE - 8, right + 2, MIDDLE - 8, "orange dashed"));
  return faded(Math.max(0, 2 * state.open - 1), ...parts);
}

/** The loop of the folded network; its way back is on the left. */
function loop(state, width, half) {
  const side = (to) => {
    const from = width / 2 + to * half;
    const d = `M${from} ${MIDDLE - 10}C${from + to * 62} ${MIDDLE - 34} ${from + to * 62} ${MIDDLE + 34} ${from + to * 9} ${MIDDLE + 13}`;
    return group(to > 0 ? "blue" : "orange dashed", path(d, "stroke"), arrow(from + to * 12, MIDDLE + 14, from + to * 2, MIDDLE + 10, ""));
  };
  const parts = [side(1), text(width / 2 + half + 8, MIDDLE + 40, "h, one step later", "small blue", "start")];
  if (state.gradient) parts.push(side(-1), text(width / 2 - half - 8, MIDDLE + 40, "dh, one step earlier", "small orange", "end"));
  return faded(1 - state.open, ...parts);
}

/** What is under way between two steps: a dot for the state, a diamond for the gradient. */
function traveller(state, place) {
  if (!state.part || state.open < 1) return [];
  const t = current(state);
  if (state.now < state.T - 1) return [circle(place.x(t) + place.gap * state.part, MIDDLE + (state.gradient ? 8 : 0), 5, "dot blue")];
  const [x, y] = [place.x(t) - place.gap * state.part, MIDDLE - 8];
  return [path(`M${x - 7} ${y}L${x} ${y - 7}L${x + 7} ${y}L${x} ${y + 7}Z`, "dot orange")];
}

function draw(state, width) {
  const place = columns(state, width);
  const values = run(state.T);
  const steps = [...Array(state.T).keys()];
  const copies = state.T === 1 ? "1 copy" : `${state.T} copies, one set of weights`;
  const shapes = [text(width / 2, 18, state.unrolled ? `unrolled: ${copies}` : `folded: one cell, used ${state.T} times`, "strong")];
  shapes.push(faded(state.open, ...steps.slice(1).map((t) => link(state, t, place))), frame(state, place));
  shapes.push(loop(state, width, place.half), ...steps.map((t) => copy(state, t, values, place)), ...traveller(state, place));
  if (reached(state).back === 0) shapes.push(text(width / 2, ROWS.sum, `dWh of all copies together: ${number(values.sum)}`, "orange"));
  return { height: 252, shapes };
}

function say(state) {
  const { forward, back } = reached(state);
  const values = run(state.T);
  const copies = state.T === 1 ? "1 copy of the cell" : `${state.T} copies of the cell with the same weights`;
  const first = state.unrolled ? `Unrolled: ${copies}.` : `Folded: one cell with a loop, used ${state.T} times.`;
  const there = `The state has reached step ${forward}: h is ${number(values.h[forward])}.`;
  if (back === state.T) return `${first} ${there}`;
  const here = `The gradient has come back to step ${back}: dh is ${number(values.dh[back])}.`;
  const sum = back ? "" : ` The shares of all copies in dWh sum to ${number(values.sum)}.`;
  return `${first} ${here}${sum}`;
}

export const picture = {
  name: "unroll",
  title: "The loop, unrolled",
  start: { T: 4, unrolled: true, open: 1, gradient: false, now: 3, part: 0 },
  still: { gradient: true, now: 6 },
  glides: { open: "unrolled" },
  smooth: true,
  controls: [
    { kind: "range", key: "T", label: "Steps T", min: 1, max: 8, step: 1, text: String },
    { kind: "flip", key: "unrolled", label: (unrolled) => (unrolled ? "Fold" : "Unroll") },
    { kind: "toggle", key: "gradient", label: "Gradient flows back" },
  ],
  clock: {
    key: "now", label: "Moment", pace: 700,
    last: ({ T, gradient }) => (gradient ? 2 * T - 2 : T - 1),
    text: (now, state) => (now < state.T ? `h${index(now)}` : `dh${index(current(state))}`),
    aloud: (now, state) => (now < state.T ? `state of step ${now}` : `gradient at step ${current(state)}`),
  },
  settle: (state, key) => {
    if (key === "T" || key === "gradient") state.now = picture.clock.last(state);
  },
  draw,
  say,
};

show(picture);
