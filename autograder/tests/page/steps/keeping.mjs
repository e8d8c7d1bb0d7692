// What is kept in the browser, and what is handed in.
import { existsSync, renameSync } from "node:fs";
import { PASTE } from "./reader.mjs";
import { equal, holds, says } from "./say.mjs";

const MINE = "def rnn_step(x, h_prev, Wx, Wh, b):\n    return 42  # mine";

export async function a_reload_keeps_what_was_written(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", MINE);
  await reader.page.reload({ waitUntil: "load" });  // at once: what is written is kept when a page is left, too
  says(await reader.source("rnn_step"), "return 42 # mine", "the code after a reload");
}

export async function reset_brings_the_starter_and_takes_it_back(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", MINE);
  await reader.click(reader.button("rnn_step", "reset"));
  await reader.page.waitForSelector(reader.button("rnn_step", "restore"), { visible: true });
  says(await reader.source("rnn_step"), "raise NotImplementedError()", "the code after Reset");
  await reader.click(reader.button("rnn_step", "restore"));
  says(await reader.source("rnn_step"), "return 42 # mine", "the code after Bring my code back");
}

/** What another tab keeps arrives as an event: a frame of the same host stands for that tab. */
function keptElsewhere(reader, source) {
  return reader.page.evaluate((source) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.contentWindow.localStorage.setItem("unrolled:code:rnn_step", source);
  }, source);
}

export async function what_another_tab_keeps_is_taken_and_said(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", MINE);
  await new Promise((resolve) => setTimeout(resolve, 600));
  await keptElsewhere(reader, MINE.replace("42", "43"));
  await reader.saying("rnn_step", "another tab");
  says(await reader.source("rnn_step"), "return 43", "the editor");
}

export async function what_two_tabs_write_at_once_is_the_readers_choice(world) {
  const reader = await world.reader();
  await reader.edit("rnn_step");
  const editor = await reader.page.$(reader.at("rnn_step", ".cm-content"));
  await reader.page.evaluate((editor, paste, other) => {
    Function("element", "text", `(${paste})(element, text)`)(editor, "# typed here\n");
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.contentWindow.localStorage.setItem("unrolled:code:rnn_step", other);
  }, editor, String(PASTE), "return 44");
  await reader.page.waitForSelector(reader.button("rnn_step", "theirs"), { visible: true });
  says(await reader.source("rnn_step"), "# typed here", "the editor");
  await reader.click(reader.button("rnn_step", "mine"));
  await reader.page.reload({ waitUntil: "load" });
  says(await reader.source("rnn_step"), "# typed here", "the code that was chosen");
}

async function says_that_nothing_is_kept(world, before, name) {
  const reader = await (await world.fresh({ before })).open(world.page("ch02_recurrence"));
  await reader.paste("rnn_step", MINE);
  await reader.saying("rnn_step", "does not let the page keep your code");
  says(await reader.source("rnn_step"), "return 42 # mine", "the editor");
  await world.picture(reader, name);
  return reader;
}

function no_error_of_ours(reader) {  // the theme has its own
  equal(reader.complaints.filter((one) => one.includes("/live/")).join(), "", "errors in the page");
}

export async function a_browser_that_keeps_nothing_is_said_and_work_goes_on(world) {
  const reader = await says_that_nothing_is_kept(world, () => {
    Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } });
  }, "keeps-nothing");
  equal((await reader.check("rnn_step", world.answers.rnn_step.right)).state, "passed", "the right answer");
  no_error_of_ours(reader);
  await reader.close();
}

export async function a_browser_that_is_full_is_said(world) {
  const reader = await says_that_nothing_is_kept(world, () => {
    for (let size = 2 ** 22; size >= 1; size = Math.floor(size / 2)) {
      try {
        for (let number = 0; number < 4; number += 1) localStorage.setItem(`filler ${size} ${number}`, "x".repeat(size));
      } catch { /* full, at this size */ }
    }
  }, "full");
  no_error_of_ours(reader);
  await reader.close();
}

export async function the_notebook_to_hand_in_comes_at_a_press(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await reader.paste("rnn_step", world.answers.rnn_step.right);
  await reader.paste("readout", world.answers.readout.right);
  await reader.click('[data-do="hand-in"]');
  const file = `${world.folder}/ch02_recurrence.ipynb`;
  for (let tries = 0; !existsSync(file) || existsSync(`${file}.part`); tries += 1) {
    holds(tries < 100, "no notebook came");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  await reader.close();
  renameSync(file, `${world.folder}/${world.kind}.ipynb`);
  return { notebook: `${world.folder}/${world.kind}.ipynb` };
}

export async function a_second_reset_loses_nothing(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await reader.paste("rnn_step", MINE);
  await reader.click(reader.button("rnn_step", "reset"));
  await reader.edit("rnn_step");
  await reader.page.keyboard.type("a");
  holds(await reader.page.$eval(reader.button("rnn_step", "restore"), (one) => one.checkVisibility()), "the button is gone");
  await reader.click(reader.button("rnn_step", "reset"));
  await reader.page.reload({ waitUntil: "load" });
  await reader.click(reader.button("rnn_step", "restore"));
  await reader.saying("rnn_step", "Your code is back");
  says(await reader.source("rnn_step"), "return 42 # mine", "the code that is brought back");
  await reader.close();
}

export async function what_is_forgotten_elsewhere_stays_in_the_editor(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await reader.paste("rnn_step", MINE);
  const kept = () => reader.page.waitForFunction(() => localStorage.getItem("unrolled:code:rnn_step")?.includes("# mine"));
  await kept();
  const elsewhere = (what) => reader.page.evaluate((what) => {
    const { localStorage } = document.body.appendChild(document.createElement("iframe")).contentWindow;
    localStorage[what]("unrolled:code:rnn_step");
  }, what);
  await elsewhere("clear");
  await kept();  // again
  says(await reader.source("rnn_step"), "return 42 # mine", "the editor, once all was forgotten");
  await elsewhere("removeItem");
  await reader.saying("rnn_step", "set back in another tab");
  says(await reader.source("rnn_step"), "return 42 # mine", "the editor, once it was set back elsewhere");
  await reader.close();
}
