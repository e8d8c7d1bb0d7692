// The recurrent network of the course, for one sequence: x (T, D), h (H), Wx (D, H), Wh (H, H), b (H).
import { eye, product, spectralNorm, times, transposed } from "./matrix.js";

/** x (D), hPrev (H) -> h (H). */
export function rnnStep(x, hPrev, Wx, Wh, b) {
  const [fromInput, fromState] = [times(x, Wx), times(hPrev, Wh)];
  return b.map((bias, n) => Math.tanh(fromInput[n] + fromState[n] + bias));
}

/** x (T, D), h0 (H) -> the state after every step (T, H). */
export function rnnForward(x, h0, Wx, Wh, b) {
  let h = h0;
  return x.map((now) => (h = rnnStep(now, h, Wx, Wh, b)));
}

const outer = (v, w) => v.map((left) => w.map((right) => left * right));

/** Back through time, from dh (H) at the last state: for each step the gradient dh of its state, and its copy's dWx, dWh. */
export function rnnBackward(dhLast, x, h0, hs, Wx, Wh) {
  const steps = new Array(hs.length);
  let dh = dhLast;
  for (let t = hs.length - 1; t >= 0; t--) {
    const da = dh.map((value, n) => value * (1 - hs[t][n] ** 2));
    steps[t] = { dh, dWx: outer(x[t], da), dWh: outer(t ? hs[t - 1] : h0, da), db: da };
    dh = times(da, transposed(Wh));
  }
  return { steps, dh0: dh };
}

/** hs (T, H), Wh (H, H) -> for each step t the spectral norm of the derivative of the last state by h_t (T). */
export function stateJacobianNorms(hs, Wh) {
  const norms = new Array(hs.length).fill(1);
  let M = eye(Wh.length);
  for (let t = hs.length - 1; t >= 1; t--) {
    const J = Wh.map((row) => row.map((value, n) => value * (1 - hs[t][n] ** 2)));
    M = product(J, M);
    norms[t - 1] = spectralNorm(M);
  }
  return norms;
}
