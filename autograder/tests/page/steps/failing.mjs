// What is missing or damaged on the way, and pages that cannot do it at all.
import { pathToFileURL } from "node:url";
import { faults, launch } from "./browser.mjs";
import { Reader } from "./reader.mjs";
import { equal, holds, says } from "./say.mjs";

/** Press Check while the server has a fault, and once more when it has it no longer. */
async function around(world, fault, path, sentence) {
  await faults({ [fault]: [path] });
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await reader.paste("rnn_step", world.answers.rnn_step.right).catch(() => 0);  // the editor itself may be missing
  const bad = await reader.ask("rnn_step");
  await world.picture(reader, `error-${fault}-${path.replace(/\W/g, "")}`);
  equal(bad.state, "error", `with ${path} ${fault}`);
  says(bad.status, sentence, "the status");
  holds(!/undefined|\[object|TypeError|at http/.test(bad.status), `no sentence for people: ${bad.status}`);
  await faults();
  const again = await reader.check("rnn_step", world.answers.rnn_step.right);
  equal(again.state, "passed", `once it is back, and Check is pressed again (${again.status})`);
  await reader.close();
}

export const a_missing_part_of_the_runtime_is_said_and_comes_back = (world) =>
  around(world, "missing", "pyodide.asm.wasm", /again|reload/i);

export const a_missing_editor_is_said_and_comes_back = (world) => around(world, "missing", "panel.js", /again|reload/i);

export const a_missing_worker_is_said_and_comes_back = (world) => around(world, "missing", "worker.js", /again|reload/i);

export const a_damaged_grader_is_said_and_comes_back = (world) =>
  around(world, "corrupt", "none-any.whl", /again|reload/i);

export const a_damaged_numpy_is_said_and_comes_back = (world) => around(world, "corrupt", "wasm32.whl", /again|reload/i);

export const a_damaged_recording_is_said_and_comes_back = (world) =>
  around(world, "corrupt", "bank/rnn_step", /again|reload/i);

export const a_missing_recording_is_said_and_comes_back = (world) =>
  around(world, "missing", "bank/rnn_step", /again|reload/i);

export async function a_page_opened_as_a_file_says_why_it_cannot(world) {
  const reader = await world.fresh();
  await reader.page.goto(pathToFileURL(`${process.env.SITE}/${world.page("ch02_recurrence")}`).href, { waitUntil: "load" });
  says(await reader.status("rnn_step"), /file/i, "the status");
  holds(await reader.page.$eval(reader.button("rnn_step", "check"), (one) => one.disabled), "Check can be pressed");
  says(await reader.source("rnn_step"), "def rnn_step", "the code");
  await world.picture(reader, "file");
  await reader.close();
}

export async function without_scripts_the_page_says_so_and_shows_the_code(world) {
  const off = world.kind === "firefox" && await launch("firefox", { prefs: { "javascript.enabled": false } });
  const reader = await Reader.of(off || world.browser);
  if (!off) await reader.page.setJavaScriptEnabled(false);
  await reader.open(world.page("ch02_recurrence"));
  says(await reader.text(reader.at("rnn_step", ".live-note")), /script/i, "the note");
  says(await reader.text(reader.at("rnn_step", ".live-code")), "def rnn_step", "the code");
  const visible = await reader.page.$$eval(".live button", (all) => all.filter((one) => one.checkVisibility()).length);
  equal(visible, 0, "buttons that do nothing");
  await world.picture(reader, "no-scripts");
  await (off ? off.close() : reader.close());
}
