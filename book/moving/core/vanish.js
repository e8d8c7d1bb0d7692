// How long a gradient lives on its way back: one small matrix, scaled to a spectral radius, with and without the tanh.
import { scaled, eye, spectralRadius, zeros } from "./matrix.js";
import { table } from "./random.js";
import { rnnForward, stateJacobianNorms } from "./rnn.js";

export const STEPS = 51;
const H = 6;
export const MATRIX = table(9, H, H);
const RADIUS = spectralRadius(MATRIX);
const INPUTS = table(5, STEPS, H);

/** The fixed matrix, with that spectral radius. */
export const weights = (radius) => scaled(MATRIX, radius / RADIUS);

/** The states of a run whose inputs lie between -size and size. */
export function states(radius, size, steps = STEPS) {
  return rnnForward(scaled(INPUTS.slice(0, steps), size), new Array(H).fill(0), eye(H), weights(radius), new Array(H).fill(0));
}

/** For k = 0, 1, ... steps back: the norm of the product of k Jacobians, linear and with the tanh of such a run. */
export function norms(radius, size, steps = STEPS) {
  const Wh = weights(radius);
  const back = (hs) => stateJacobianNorms(hs, Wh).reverse();
  return { linear: back(zeros(steps, H)), tanh: back(states(radius, size, steps)) };
}

/** The mean slope of the tanh over the units and steps of a run: 1 is linear, 0 is saturated. */
export function slope(radius, size) {
  const all = states(radius, size).flat();
  return all.reduce((sum, h) => sum + 1 - h * h, 0) / all.length;
}
