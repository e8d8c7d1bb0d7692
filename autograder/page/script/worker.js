// Python in the page: Pyodide with NumPy and the grader's own code, in a module worker, so that the page stays alive
// whatever the reader's code does. RUNTIME is the address of Pyodide's folder, seen from this file.
import { damage } from "./damage.js";
import { endOf } from "./ends.js";

const HERE = new URL(".", import.meta.url);
const THERE = new URL(RUNTIME, import.meta.url);
const GRADER = "unrolled"; // its name in lock.json
const MUCH = 2 ** 30; // bytes of memory, which Python never gives back: above it, another Python takes over
const AGAIN = new URL(import.meta.url).searchParams.has("again"); // the last start failed

const TOLD = /wasm instantiation failed|installing the standard library/; // on the console alone: then Pyodide waits for ever

let ready; // the promise of Python, once it was asked for
let queue = Promise.resolve();

onmessage = ({ data }) => {
  queue = queue.then(() => answer(data));
};

async function answer({ id, do: what, ...given }) {
  const say = (stage) => postMessage({ id, stage });
  try {
    ready ??= begin(say);
    const python = await ready;
    const result = await TO_DO[what](python, given, say);
    postMessage({ id, result, tired: python.pyodide._module.HEAP8.length > MUCH });
  } catch (error) {
    postMessage({ id, problem: await why(error) });
  }
}

/** Starts Python. Packages are loaded after it, one by one: given to loadPyodide, a damaged one may hang for ever. */
async function begin(say) {
  say("python");
  const lost = new Promise((_, reject) => {
    addEventListener("unhandledrejection", (event) => (event.preventDefault(), reject(event.reason)));
    for (const level of ["warn", "error"]) console[level] = (...said) => TOLD.test(said[0]) && reject(new Error(said[0]));
  });
  lost.catch(() => {});
  return Promise.race([boot(say), lost]);
}

async function boot(say) {
  const list = await lock();
  if (AGAIN) await refresh(Object.values(list.packages).map(({ file_name }) => file_name));
  const lockFileURL = URL.createObjectURL(new Blob([JSON.stringify(list)], { type: "application/json" }));
  const { loadPyodide } = await import(new URL("pyodide.mjs", THERE));
  const pyodide = await loadPyodide({ indexURL: THERE.href, lockFileURL });
  for (const [stage, name] of [["numpy", "numpy"], ["grader", GRADER]]) {
    say(stage);
    await pyodide.loadPackage(name, { messageCallback: () => {} });
    if (!(name in pyodide.loadedPackages)) throw new Error(`${name} was not loaded`);
  }
  const inside = pyodide.pyimport("autograder.page.inside");
  const { seeds } = await json("index.json");
  const seed = seeds[Math.floor(Math.random() * seeds.length)];
  return { pyodide, inside, seed, fetched: new Set(), doubted: new Set() };
}

/** The server is asked whether what the browser has kept is what it has: a damaged file may be among it. */
function refresh(packages) {
  const core = Object.keys(CORE).map((name) => new URL(name, THERE));
  const ask = async (url) => (await fetch(url, { cache: "no-cache" })).arrayBuffer();
  return Promise.allSettled([...core, ...packages].map(ask));
}

/** The list of packages; our own lies beside this file, and not in Pyodide's folder. */
async function lock() {
  const found = await json("lock.json");
  for (const [name, entry] of Object.entries(found.packages))
    entry.file_name = new URL(entry.file_name, name === "numpy" ? THERE : HERE).href;
  return found;
}

async function json(name) {
  try {
    return JSON.parse(new TextDecoder().decode(await get(name)));
  } catch (error) {
    throw error instanceof SyntaxError ? { kind: "corrupt", text: name } : error;
  }
}

async function get(name, anew = AGAIN) {
  let why = "";
  try {
    const found = await fetch(new URL(name, HERE), { cache: anew ? "reload" : "default" });
    if (found.ok) return await found.arrayBuffer();
    why = ` (${found.status})`;
  } catch {} // no connection
  throw { kind: "missing", text: `${name.split("/").at(-1)}${why}` };
}

const TO_DO = {
  warm: () => ({}),
  run({ inside }, { chapter, source, before }, say) {
    say("running");
    return JSON.parse(inside.run(chapter, source, before ?? []));
  },
  async check(python, { exercise, source, site, before }, say) {
    const { pyodide, inside, seed, fetched } = python;
    const name = `${exercise}.${seed}.zip`;
    const path = `${inside.BANK}/${name}`;
    if (!fetched.has(exercise)) {
      say("answers");
      pyodide.FS.mkdirTree(inside.BANK);
      pyodide.FS.writeFile(path, await answers(python, exercise, name));
      fetched.add(exercise);
    }
    say("running");
    const result = JSON.parse(inside.check(exercise, source, seed, site ?? "", before ?? []));
    if (!pyodide.FS.analyzePath(path).exists) throw without(python, exercise, "corrupt"); // the checks threw it away
    return result;
  },
};

/** The recording of right answers to an exercise; past what the browser has kept, where that was no good. */
async function answers(python, exercise, name) {
  try {
    return new Uint8Array(await get(`bank/${name}`, AGAIN || python.doubted.has(exercise)));
  } catch ({ kind, text }) {
    throw without(python, exercise, kind, text.replace(name, ""));
  }
}

/** One recording is missing or damaged: Python itself is well, and can check all others. */
function without({ fetched, doubted }, exercise, kind, more = "") {
  fetched.delete(exercise);
  doubted.add(exercise);
  return { kind, text: `the answers of ${exercise}${more}`, well: true };
}

/** What is wrong, in a word and a text: a file that is missing or damaged, memory that is used up, or something else. */
async function why(error) {
  if (error?.kind) return error;
  const text = String(error?.message ?? error);
  const kind = endOf(text);
  if (kind) return { kind, text };
  const found = await damage(HERE, THERE);
  return found ?? { kind: "broken", text: text.trim().split("\n").at(-1).slice(0, 300) };
}
