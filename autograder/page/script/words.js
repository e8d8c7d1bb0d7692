// What is said on the way, and where something fails: sentences for people.

const STAGES = {
  python: ["Starting Python", "5.7 MB"],
  numpy: ["Loading NumPy", "3.1 MB"],
  grader: ["Loading the checks", "0.3 MB"],
  answers: ["Fetching what right answers return", ""],
  running: ["Running your code", ""],
};
const KEPT = "the first time; then your browser keeps it";

/** How far it is: which of the stages, and how much is loaded in it. */
export function stage(name) {
  const number = Object.keys(STAGES).indexOf(name) + 1;
  const [words, size] = STAGES[name] ?? ["Working", ""];
  if (name === "running") return `${words} ...`;
  return `${words} (step ${number} of 4)${size && `: ${size} ${KEPT}`} ...`;
}

/** How far it is, from 0 to 1. */
export function share(name) {
  return Math.max(0, Object.keys(STAGES).indexOf(name)) / 4;
}

/** When nothing new has been heard for a while. */
export function slow(name) {
  return name === "running"
    ? "Still running. A loop that never ends? Stop ends it; your code stays."
    : `${stage(name)} Still loading: on a slow line this takes a minute or two. Stop ends it.`;
}

/** A sentence for each kind of trouble, with what to do. */
export function trouble({ kind, message }) {
  const again = "Press again; if it stays so, reload the page.";
  const sentences = {
    missing: `Something that Python needs could not be loaded: ${message}. Are you online? ${again}`,
    corrupt: `A file was damaged on its way here: ${message}. ${again}`,
    memory:
      "Your code used up the memory that Python has in a page. Make its arrays or lists smaller; " +
      "the next press starts Python anew.",
    broken: `Python broke off: ${message}. The next press starts it anew; if it stays so, reload the page.`,
    stopped: "Stopped. Your code is as it was; the next press takes a moment longer.",
  };
  return sentences[kind] ?? sentences.broken;
}

export const NOT_KEPT =
  "This browser does not let the page keep your code (its storage is full or switched off). " +
  "You can work on; copy your code before you leave.";
export const CHANGED = "You have changed the code since then.";
export const TAKEN = "You changed this in another tab; this is the code from there. Undo brings back what stood here.";
export const APART =
  "You changed this in another tab, and here as well. Choose which code to keep; until then nothing typed here is kept.";
