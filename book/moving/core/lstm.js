// The memory cell of the course: gates i, f, g, o in this order.
import { times } from "./matrix.js";

export const sigmoid = (z) => (1 + Math.tanh(z / 2)) / 2;

/** One cell, its gates given as numbers: what it held before -> what it holds and what it shows. */
export function cellStep({ i, f, g, o }, cPrev) {
  const c = f * cPrev + i * g;
  return { c, h: o * Math.tanh(c) };
}

/** x (D), hPrev (H), cPrev (H), weights of width 4H -> h (H), c (H). */
export function lstmStep(x, hPrev, cPrev, Wx, Wh, b) {
  const [fromInput, fromState] = [times(x, Wx), times(hPrev, Wh)];
  const sums = b.map((bias, n) => fromInput[n] + fromState[n] + bias);
  const H = cPrev.length;
  const cells = cPrev.map((c, n) => {
    const [i, f, g, o] = [0, 1, 2, 3].map((quarter) => sums[quarter * H + n]);
    return cellStep({ i: sigmoid(i), f: sigmoid(f), g: Math.tanh(g), o: sigmoid(o) }, c);
  });
  return { h: cells.map((cell) => cell.h), c: cells.map((cell) => cell.c) };
}

/** f (T, H) -> the part of each cell that is left at the last step, by the forget gates alone (T, H). */
export function cellMemory(f) {
  const left = f.map((row) => row.map(() => 1));
  for (let t = f.length - 2; t >= 0; t--) left[t] = left[t + 1].map((later, n) => later * f[t + 1][n]);
  return left;
}

/** Steps until a forget gate that stays at f has halved what is in the cell. */
export function halfLife(f) {
  if (f <= 0) return 0;
  return f >= 1 ? Infinity : Math.log(0.5) / Math.log(f);
}

/** Gates held for some steps, from an empty cell; the input gate is open at the first step alone, or at every one. */
export function cellRun(gates, steps, always) {
  let c = 0;
  return Array.from({ length: steps }, (_, t) => {
    const now = cellStep({ ...gates, i: always || t === 0 ? gates.i : 0 }, c);
    c = now.c;
    return now;
  });
}

/** Where the cell goes when it is written to at every step. */
export const limit = ({ i, f, g }) => (f >= 1 ? (i * g === 0 ? 0 : Math.sign(g) * Infinity) : (i * g) / (1 - f));
