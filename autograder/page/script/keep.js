// What this browser remembers: the reader's code, and which exercises are solved. Where the browser refuses to remember
// (storage denied, or full), reading finds nothing and writing answers false; work goes on.

const CODE = "unrolled:code:";
const ASIDE = "unrolled:aside:";
const PASSED = "unrolled:passed:";

function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    return true;
  } catch {
    return false;
  }
}

/** The reader's code, null where it is what the exercise begins with. */
export function code(name) {
  return read(CODE + name);
}

/** Keeps it; null forgets it. */
export function keepCode(name, text) {
  return write(CODE + name, text);
}

/** The texts that Reset has put aside, the one to bring back first. */
export function aside(name) {
  try {
    return [JSON.parse(read(ASIDE + name) ?? "[]")].flat().filter((text) => typeof text === "string");
  } catch {
    return []; // not ours
  }
}

export function keepAside(name, texts) {
  return write(ASIDE + name, texts.length ? JSON.stringify(texts) : null);
}

/** What is aside once this text is, too: two at most, and what is little else than the starter never goes first. */
export function putAside(texts, text, starter, right = false) {
  const others = texts.filter((other) => other !== text);
  if (text === starter) return others;
  return (right || !isLittle(text, starter) ? [text, ...others] : [...others, text]).slice(0, 2);
}

/** Is this text the starter, or little else? So it is with one line that is new, and no more than 20 characters. */
export function isLittle(text, starter) {
  const known = new Set(starter.split("\n").map((line) => line.trim()));
  const added = text.split("\n").filter((line) => !known.has(line.trim()));
  return added.length <= 1 && text.length <= starter.length + 20;
}

/** The day on which the exercise was solved, null before. */
export function passed(name) {
  const day = read(PASSED + name);
  return day && !Number.isNaN(Date.parse(day)) ? day : null;
}

export function keepPassed(name) {
  return passed(name) !== null || write(PASSED + name, new Date().toISOString());
}

/** Is this a change to that code, made in another tab? `key` is null where everything was forgotten. */
export function concerns(name, key) {
  return key === null || key === CODE + name;
}

/** Calls `changed` when what is kept was changed in another tab. */
export function watch(changed) {
  addEventListener("storage", changed);
}
