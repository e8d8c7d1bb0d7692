// How long a reader waits and how much is loaded, as lines of JSON: for `python -m autograder.tests.bench page`.
import { answers, asked, faults, launch } from "./browser.mjs";
import { Reader } from "./reader.mjs";

const [kind] = process.argv.slice(2);
const PAGE = "book/practice/ch02_recurrence.html";
const TIMES = 10;
const known = answers();
const tell = (line) => console.log(JSON.stringify(line));
const bytes = async () => (await asked()).asked.reduce((sum, one) => sum + one.bytes, 0);

/** Open a page and wait until it has all that it loads by itself; gives the bytes on the wire. */
async function weight(page) {
  const browser = await launch(kind);
  await faults();
  const reader = await (await Reader.of(browser)).open(page);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const live = (await asked()).asked.filter((one) => /_static\/live\//.test(one.path));
  tell({ what: "weight", page, bytes: await bytes(), live: live.reduce((sum, one) => sum + one.bytes, 0) });
  await reader.close();
  await browser.close();
}

/** The code of an earlier visit is there, so that Check is the first thing that is pressed. */
const KEPT = `localStorage.setItem("unrolled:code:rnn_step", ${JSON.stringify(known.rnn_step.right)})`;

/** From the press on Check to the verdict on the right answer. */
async function first(reader, what) {
  await faults();
  const { state, seconds } = await reader.ask("rnn_step");
  if (state !== "passed") throw new Error(`${what}: ${state}`);
  tell({ what, seconds, bytes: await bytes() });
}

async function starts(round) {
  const profile = `${process.env.FOLDER}/profile-${round}`;
  for (const what of ["cold", "warm"]) {
    const browser = await launch(kind, { profile });
    const reader = await (await Reader.of(browser, { profile: true, before: KEPT })).open(PAGE);
    await first(reader, what);
    if (what === "cold") {
      await reader.page.reload({ waitUntil: "load" });
      await first(reader, "reload");
    }
    await browser.close();
  }
}

/** The one in the middle. */
const middle = (times) => [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)];

/** Each exercise's later checks: three of each, then more of the fastest and of the slowest. */
async function later() {
  const browser = await launch(kind);
  const reader = await Reader.of(browser);
  const ask = async (exercise) => {
    const { state, seconds } = await reader.ask(exercise);
    if (state !== "passed") throw new Error(`${exercise}: ${state}`);
    return seconds;
  };
  const found = [];
  for (const [exercise, { chapter, right }] of Object.entries(known)) {
    if (!reader.page.url().endsWith(`${chapter}.html`)) await reader.open(`book/practice/${chapter}.html`);
    await reader.paste(exercise, right);
    await ask(exercise);
    found.push({ exercise, chapter, seconds: middle([await ask(exercise), await ask(exercise), await ask(exercise)]) });
  }
  found.sort((one, other) => one.seconds - other.seconds);
  for (const { exercise, chapter } of [found[0], found.at(-1)]) {
    await reader.open(`book/practice/${chapter}.html`);
    await ask(exercise);
    const times = [];
    for (let number = 0; number < TIMES; number += 1) times.push(await ask(exercise));
    tell({ what: "later", exercise, seconds: middle(times) });
  }
  tell({ what: "all", exercises: found });
  await browser.close();
}

if (process.env.WEIGH) for (const page of process.env.WEIGH.split(",")) await weight(page);
else {
  for (let round = 0; round < 3; round += 1) await starts(round);
  await later();
}
