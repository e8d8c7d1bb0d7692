// Python in the page: Pyodide with NumPy and the grader's own code, in a module worker, so that the page stays alive
// whatever the reader's code does. RUNTIME is the address of Pyodide's folder, seen from this file.
import { damage } from "./damage.js";

const HERE = new URL(".", import.meta.url);
const THERE = new URL(RUNTIME, import.meta.url);
const GRADER = "unrolled"; // its name in lock.json

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
    postMessage({ id, result: await TO_DO[what](await ready, given, say) });
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
  const lockFileURL = URL.createObjectURL(new Blob([JSON.stringify(await lock())], { type: "application/json" }));
  const { loadPyodide } = await import(new URL("pyodide.mjs", THERE));
  const pyodide = await loadPyodide({ indexURL: THERE.href, lockFileURL });
  for (const [stage, name] of [["numpy", "numpy"], ["grader", GRADER]]) {
    say(stage);
    await pyodide.loadPackage(name, { messageCallback: () => {} });
    if (!(name in pyodide.loadedPackages)) throw new Error(`${name} was not loaded`);
  }
  const inside = pyodide.pyimport("autograder.page.inside");
  const { seeds } = await json("index.json");
  return { pyodide, inside, seed: seeds[Math.floor(Math.random() * seeds.length)], fetched: new Set() };
}

/** The list of packages; our own lies beside this file, and not in Pyodide's folder. */
async function lock() {
  const found = await json("lock.json");
  for (const [name, entry] of Object.entries(found.packages))
    entry.file_name = new URL(entry.file_name, name === "numpy" ? THERE : HERE).href;
  return found;
}

async function json(name) {
  return (await get(name)).json();
}

async function get(name) {
  const found = await fetch(new URL(name, HERE));
  if (!found.ok) throw new Error(`${name}: ${found.status}`);
  return found;
}

const TO_DO = {
  warm: () => ({}),
  run({ inside }, { chapter, source, before }, say) {
    say("running");
    return JSON.parse(inside.run(chapter, source, before ?? []));
  },
  async check({ pyodide, inside, seed, fetched }, { exercise, source, site }, say) {
    if (!fetched.has(exercise)) {
      say("answers");
      const name = `${exercise}.${seed}.zip`;
      pyodide.FS.mkdirTree(inside.BANK);
      pyodide.FS.writeFile(`${inside.BANK}/${name}`, new Uint8Array(await (await get(`bank/${name}`)).arrayBuffer()));
      fetched.add(exercise);
    }
    say("running");
    const result = JSON.parse(inside.check(exercise, source, seed, site ?? ""));
    if (result.problem) fetched.delete(exercise);
    return result;
  },
};

/** What is wrong, in a word and a text: a file that is missing or damaged, memory that is used up, or something else. */
async function why(error) {
  const text = String(error?.message ?? error);
  if (/memory|MemoryError|Array buffer allocation/i.test(text)) return { kind: "memory", text };
  const found = await damage(HERE, THERE);
  return found ?? { kind: "broken", text: text.trim().split("\n").at(-1).slice(0, 300) };
}
