// A word letter by letter: what a window of k letters sees, and what a state holds.
import { apart, clean, followers, H, inWindow, sameWindow, states, traces } from "./core/word.js";
import { show } from "./stage.js";
import { group, index, line, number, path, rect, text } from "./svg.js";

const [TOP, BOX] = [52, 34]; // of the letters
const [FLOOR, TALL] = [188, 54]; // of the traces' bars
const [ZERO, ARM] = [284, 32]; // of the state's bars

let kept = {};
/** What is drawn of this word at this letter, computed once while the window moves. */
function computed({ word, t }) {
  if (kept.word !== word || kept.t !== t) kept = { word, t, h: states(word)[t], traces: traces(word, t) };
  return kept;
}

const listed = (words) => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);

/** What the window can know of the next letter, in this word alone. */
export function verdict({ word, t, k }) {
  const places = sameWindow(word, t, k);
  const next = followers(word, places).map((letter) => (letter ? `“${letter}”` : "the end"));
  const sees = `A window of ${k} sees “${inWindow(word, t, k)}”`;
  if (places.length === 1) return `${sees}, which stands once in this word.`;
  const where = listed(places.map((place) => place + 1));
  if (next.length === 1) return `${sees}, as at letters ${where}; ${next[0]} follows each time.`;
  return (
    `${sees}, as at letters ${where}, where ${listed(next)} follow: it cannot tell which. ` +
    `The states there lie at least ${number(apart(word, t, places))} apart.`
  );
}

function letters({ word, t, k }, x, half) {
  return [...word].map((letter, n) => {
    const seen = n <= t && n > t - k;
    const cls = n > t ? "letter unread" : seen ? "letter seen" : "letter gone";
    const parts = [rect(x(n) - half, TOP, 2 * half, BOX, cls, 4), text(x(n), TOP + 23, letter, n === t ? "large strong" : "large")];
    return group(n > t ? "unread" : "", ...parts);
  });
}

/** The bracket over what the window sees. */
function bracket({ word, t, k }, x, half, width) {
  const [left, right] = [x(Math.max(0, t - k + 1)) - half, x(t) + half];
  const words = `a window of ${k} sees “${inWindow(word, t, k)}”`;
  const reach = words.length * 3.7;
  const middle = Math.max(reach, Math.min(width - reach, (left + right) / 2));
  return group("blue", path(`M${left} 46V38H${right}V46`, "stroke"), text(middle, 28, words, "blue"));
}

/** A bar under each letter that was read: its trace in the state. */
function trails(values, x, half) {
  const size = half < 15 ? "tiny" : "small";
  return values.flatMap((value, n) => {
    const height = Math.max(1, (Math.min(value, 3) / 3) * TALL);
    return [rect(x(n) - half * 0.7, FLOOR - height, half * 1.4, height, "bar orange"), text(x(n), FLOOR + 16, number(value), size)];
  });
}

/** The numbers of the state, from -1 to 1. */
function bars(h, width) {
  const gap = Math.min(64, (width - 12) / H);
  const x = (n) => width / 2 + (n - (H - 1) / 2) * gap;
  const drawn = h.flatMap((value, n) => [
    rect(x(n) - gap * 0.3, Math.min(ZERO, ZERO - value * ARM), gap * 0.6, Math.abs(value) * ARM, "bar blue"),
    text(x(n), ZERO + ARM + 18, number(value, 1), "small"),
  ]);
  return [line(x(0) - gap / 2, ZERO, x(H - 1) + gap / 2, ZERO, "axis"), ...drawn];
}

function draw(state, width) {
  const { h, traces: values } = computed(state);
  const gap = Math.min(64, (width - 12) / state.word.length);
  const x = (n) => width / 2 + (n - (state.word.length - 1) / 2) * gap;
  const half = gap * 0.4;
  const shapes = [
    bracket(state, x, half, width),
    ...letters(state, x, half),
    text(width / 2, 118, "how far the state moves if that letter changes", "orange"),
    ...trails(values, x, half),
    line(x(0) - gap / 2, FLOOR, x(state.word.length - 1) + gap / 2, FLOOR, "axis"),
    text(width / 2, 240, `the state h${index(state.t)}: ${H} numbers, however long the word`, "blue"),
    ...bars(h, width),
  ];
  return { height: 344, shapes };
}

function say(state) {
  const { word, t } = state;
  const left = computed(state).traces.map((value, n) => `${word[n]} ${number(value)}`);
  return `Letter ${t + 1} of ${word.length}, “${word[t]}”. ${verdict(state)} Traces in the state: ${listed(left)}.`;
}

export const picture = {
  name: "word",
  title: "A word, letter by letter",
  start: { word: "neuron", k: 3, t: 5, part: 0 },
  controls: [
    { kind: "field", key: "word", label: "Word (a to z)", clean },
    { kind: "range", key: "k", label: "Window k", min: 1, max: 6, step: 1, text: String, aloud: (k) => `${k} letters` },
  ],
  clock: {
    key: "t", label: "Letter", pace: 900,
    last: ({ word }) => word.length - 1,
    text: (t, { word }) => word[t],
    aloud: (t, { word }) => `letter ${t + 1}, ${word[t]}`,
  },
  settle: (state, key) => {
    if (key === "word") state.t = state.word.length - 1;
  },
  draw,
  say,
};

show(picture);
