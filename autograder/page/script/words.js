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
  if (!number) return "Asking Python ...";
  const [words, size] = STAGES[name];
  if (name === "running") return `${words} ...`;
  return `${words} (step ${number} of 4)${size && `: ${size} ${KEPT}`} ...`;
}

/** How far it is, from 0 to 1. */
export function share(name) {
  return Math.max(0, Object.keys(STAGES).indexOf(name)) / 4;
}

/** When nothing new has been heard for a while; `others` of the reader's answers run before the code. */
export function slow(name, others = 0) {
  if (!name) return UNHEARD;
  if (name !== "running") return `${stage(name)} Still loading: on a slow line this takes a minute or two. Stop ends it.`;
  const where = "It may be in this code, or in one of your other answers on this page, which run before it.";
  return `Still running. A loop that never ends? ${others ? `${where} ` : ""}Stop ends it; your code stays.`;
}

/** While Python works for another cell. */
export function busy(name) {
  return `Python is still busy with ${name}. Wait for it, or press Stop there; then press again.`;
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
    recursion:
      "Your code ended Python: a function calls itself without end. Give it a case in which it does not; " +
      "the next press starts Python anew.",
    exit:
      "Your code ended Python: something in it asks for that, such as os._exit(). Leave that out; " +
      "the next press starts Python anew.",
    broken: `Python broke off: ${message}. The next press starts it anew; if it stays so, reload the page.`,
    stopped: "Stopped. Your code is as it was; the next press takes a moment longer.",
  };
  return sentences[kind] ?? sentences.broken;
}

const UNHEARD =
  "Python has not answered yet: on a slow line it may still load. Stop ends it, and the next press starts it anew; " +
  "your code stays.";
export const NOT_KEPT =
  "This browser does not let the page keep your code (its storage is full or switched off). " +
  "You can work on; copy your code before you leave.";
export const CHANGED = "You have changed the code since then.";
export const TAKEN = "You changed this in another tab; this is the code from there. Undo brings back what stood here.";
export const FORGOTTEN =
  "Your code was set back in another tab. It stands here still, and is kept again once you change it.";
export const APART =
  "You changed this in another tab, and here as well. Choose which code to keep; until then nothing typed here is kept.";
