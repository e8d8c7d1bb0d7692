// What is missing or damaged on the way, and pages that cannot do it at all.
import { pathToFileURL } from "node:url";
import { faults } from "./browser.mjs";
import { equal, holds, says } from "./say.mjs";

// In the order in which they are needed. All are wrong at first; each step mends the one before and finds the next.
const WRONG = [
  ["missing", "panel.js"],
  ["missing", "worker.js"],
  ["missing", "pyodide.asm.wasm"],
  ["corrupt", "wasm32.whl"],
  ["corrupt", "none-any.whl"],
  ["missing", "bank/rnn_step"],
  ["corrupt", "bank/rnn_step"],
];

/** Press Check while the server has a fault and those after it; the page says so, and what to do. */
async function found(world, fault, path, sentence) {
  const since = WRONG.findIndex((one) => one[0] === fault && one[1] === path);
  const now = { missing: [], corrupt: [] };
  for (const [kind, name] of WRONG.slice(since)) now[kind].push(name);
  await faults(now);
  world.damaged ??= await (await world.fresh()).open(world.page("ch02_recurrence"));
  try {
    const { state, status } = await (path === "panel.js"
      ? world.damaged.ask("rnn_step")
      : world.damaged.check("rnn_step", world.answers.rnn_step.right));
    await world.picture(world.damaged, `error-${fault}-${path.replace(/\W/g, "")}`);
    equal(state, "error", `with ${path} ${fault}`);
    says(status, sentence, "the status");
    says(status, /Press again; if it stays so, reload the page\./, "the status");
    holds(!/undefined|\[object|TypeError|at http/.test(status), `no sentence for people: ${status}`);
  } catch (error) {
    await world.damaged.close();
    world.damaged = undefined;
    throw error;
  }
}

export const a_missing_editor_is_said = (world) => found(world, "missing", "panel.js", "The editor could not be loaded");

export const a_missing_worker_is_said = (world) => found(world, "missing", "worker.js", /worker\.js.* could not be loaded|could not be loaded: .*worker\.js/);

export const a_missing_part_of_python_is_said = (world) =>
  found(world, "missing", "pyodide.asm.wasm", "could not be loaded: pyodide.asm.wasm (404)");

export const a_damaged_numpy_is_said = (world) => found(world, "corrupt", "wasm32.whl", /damaged on its way here: numpy-.*\.whl/);

export const a_damaged_grader_is_said = (world) =>
  found(world, "corrupt", "none-any.whl", /damaged on its way here: unrolled-.*\.whl/);

export const a_missing_recording_is_said = (world) => found(world, "missing", "bank/rnn_step", /could not be loaded.*rnn_step/);

export const a_damaged_recording_is_said = (world) => found(world, "corrupt", "bank/rnn_step", /rnn_step/);

export async function once_all_is_well_the_next_press_passes(world) {
  holds(world.damaged, "no page is open on which something was wrong");
  const { state, status } = await world.damaged.check("rnn_step", world.answers.rnn_step.right);
  equal(state, "passed", `the right answer (${status})`);
  await world.damaged.close();
}

export async function a_page_opened_as_a_file_says_why_it_cannot(world) {
  const reader = await world.fresh();
  await reader.page.goto(pathToFileURL(`${process.env.SITE}/${world.page("ch02_recurrence")}`).href, { waitUntil: "load" });
  says(await reader.status("rnn_step"), /file/i, "the status");
  holds(await reader.page.$eval(reader.button("rnn_step", "check"), (one) => one.disabled), "Check can be pressed");
  says(await reader.source("rnn_step"), "def rnn_step", "the code");
  await world.picture(reader, "file");
  await reader.close();
}

/** In a frame that may run no scripts: what a browser shows where they are switched off. */
export async function without_scripts_the_page_says_so_and_shows_the_code(world) {
  const reader = await (await world.fresh()).open("plain.html");
  const seen = await reader.page.evaluate(async (address) => {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: address, width: 1000, height: 800 });
    frame.sandbox = "allow-same-origin";
    await new Promise((loaded) => {
      frame.onload = loaded;
      document.body.prepend(frame);
    });
    const section = frame.contentDocument.querySelector("#live-rnn_step");
    const buttons = [...frame.contentDocument.querySelectorAll(".live button, .live-hand-in button")];
    return {
      note: section.querySelector(".live-note")?.innerText ?? "",
      code: section.querySelector(".live-code").innerText,
      hints: section.parentElement.querySelectorAll(".live-hint").length,
      visible: buttons.filter((one) => one.checkVisibility() && !one.disabled).length,
    };
  }, `/${world.page("ch02_recurrence")}`);
  says(seen.note, "no scripts run in your browser", "the note");
  says(seen.code, "def rnn_step", "the code");
  equal(seen.hints, 3, "hints");
  equal(seen.visible, 0, "buttons that seem to do something");
  await world.picture(reader, "no-scripts");
  await reader.close();
}

export async function without_one_recording_the_others_are_checked(world) {
  const reader = await world.reader();
  await reader.check("rnn_step", world.answers.rnn_step.right);
  await faults({ missing: ["bank/readout", "pyodide", "worker.js"] });
  const { state, status } = await reader.check("readout", world.answers.readout.right);
  equal(state, "error", "without the recording");
  says(status, "could not be loaded: the answers of readout (404)", "the status");
  equal((await reader.ask("rnn_step")).state, "passed", "the other exercise, with the same Python");
  await faults();
  equal((await reader.ask("readout")).state, "passed", "once the recording is there");
}

export async function a_website_that_was_renewed_is_to_be_loaded_anew(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  for (const missing of [["/live/"], ["worker.js", "index.json"]]) {
    await faults({ missing });
    const { state, status } = await reader.ask("rnn_step");
    equal(state, "error", `without ${missing}`);
    says(status, "This website was renewed while the page was open: reload the page", "the status");
  }
  await reader.close();
}
