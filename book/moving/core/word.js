// A word letter by letter: what a window of k letters sees, and what the state of a small fixed network holds.
import { scaled, spectralRadius } from "./matrix.js";
import { table } from "./random.js";
import { rnnForward } from "./rnn.js";

export const LONGEST = 10;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
export const H = 8;
const LOOP = table(3, H, H);
export const Wx = table(1, LETTERS.length, H);
export const Wh = scaled(LOOP, 0.9 / spectralRadius(LOOP)); // untrained; 0.9 lets older letters fade slowly
const ZERO = new Array(H).fill(0);

/** What is typed -> the letters a to z of it, at most ten; accents are taken off. */
export function clean(typed) {
  const plain = typed.normalize("NFD").toLowerCase();
  return [...plain].filter((letter) => LETTERS.includes(letter)).slice(0, LONGEST).join("");
}

const oneHot = (letter) => [...LETTERS].map((other) => Number(other === letter));

/** The state after every letter (T, H). */
export const states = (word) => rnnForward([...word].map(oneHot), ZERO, Wx, Wh, ZERO);

const distance = (a, b) => Math.hypot(...a.map((value, n) => value - b[n]));

/** How far the state after letter t moves, on average, when letter j is replaced by each of the other 25; for j = 0..t. */
export function traces(word, t) {
  const end = states(word)[t];
  return [...word.slice(0, t + 1)].map((letter, j) => {
    const others = [...LETTERS].filter((other) => other !== letter);
    const moved = others.map((other) => {
      const changed = word.slice(0, j) + other + word.slice(j + 1, t + 1);
      return distance(states(changed)[t], end);
    });
    return moved.reduce((sum, value) => sum + value, 0) / moved.length;
  });
}

const padded = (word, t, k) => (" ".repeat(k) + word).slice(t + 1, t + 1 + k);

/** The letters that a window of k sees when letter t is the last. */
export const inWindow = (word, t, k) => padded(word, t, k).trim();

/** The places of the word at which a window of k sees the same as at t, t among them. */
export const sameWindow = (word, t, k) =>
  [...word].map((_, at) => at).filter((at) => padded(word, at, k) === padded(word, t, k));

/** What follows these places, each once: letters, and "" for the word's end. */
export const followers = (word, places) => [...new Set(places.map((at) => word[at + 1] ?? ""))];

/** How far the state after letter t lies from those at the other places; the smallest distance, Infinity without any. */
export function apart(word, t, places) {
  const hs = states(word);
  return Math.min(...places.filter((at) => at !== t).map((at) => distance(hs[at], hs[t])));
}
