// What this browser remembers: the reader's code, and which exercises are solved. Where the browser refuses to remember
// (storage denied, or full), reading finds nothing and writing answers false; work goes on.

const CODE = "unrolled:code:";
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

/** The code that was put aside by Reset, for as long as the page is open and beyond. */
export function aside(name) {
  return read(`unrolled:aside:${name}`);
}

export function putAside(name, text) {
  return write(`unrolled:aside:${name}`, text);
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
