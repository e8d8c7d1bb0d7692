// What Check and Run say of what a learner writes.
import { answer, equal, holds, says } from "./say.mjs";

export async function the_starter_is_not_written_yet(world) {
  const reader = await world.reader();
  await reader.click(reader.button("rnn_step", "reset"));
  const { state, output, status } = await reader.ask("rnn_step");
  equal(state, "failed", "the starter");
  equal(status, "Not written yet.", "the status");
  says(output, "rnn_step is not written yet", "the feedback");
}

export async function a_known_mistake_is_named(world) {
  const reader = await world.reader();
  const { source, believes } = world.answers.rnn_step.wrong.bias_after_tanh;
  await reader.type("rnn_step", source);
  const { state, output } = await reader.ask("rnn_step");
  await world.picture(reader, "failed-1280-light");
  equal(state, "failed", "the mistake");
  says(output, `Your results are those of code that ${believes}`, "the feedback");
  const cells = (which) => reader.page.$$eval(`${reader.at("rnn_step", ".live-output td")}${which}`, (all) => all.length);
  holds(await cells("[style]"), "the feedback has no table");
  equal(await cells(":not([style])"), 0, "cells of tables that have lost their looks");
}

export async function the_right_answer_passes_and_the_start_page_counts_it(world) {
  const reader = await world.reader();
  const { state, output } = await reader.check("rnn_step", world.answers.rnn_step.right);
  equal(state, "passed", "the right answer");
  says(output, "✓ rnn_step: passed, 4 of 4 points", "the feedback");
  const start = await reader.window.newPage();
  await start.goto(`${process.env.ADDRESS}/book/intro.html`, { waitUntil: "load" });
  await start.waitForFunction(() => /1 of 8 solved/.test(document.querySelector(".live-progress").innerText));
  const lines = await start.$eval(".live-progress", (one) => one.innerText);
  says(lines, "0 of 2 solved", "the other chapter's line");
  await start.close();
  await reader.page.bringToFront();
}

export async function a_second_check_is_quick(world) {
  const reader = await world.reader();
  const { state, seconds } = await reader.check("rnn_step", world.answers.rnn_step.right);
  equal(state, "passed", "the same answer");
  return { seconds };
}

export async function a_syntax_error_has_its_line(world) {
  const reader = await world.reader();
  const { state, output } = await reader.check("rnn_step", answer("return np.tanh(x @ Wx"));
  holds(["failed", "error"].includes(state), `a syntax error ended as ${state}`);
  says(output, /line 2/, "the feedback");
  says(output, "'(' was never closed", "the feedback");
}

export async function run_shows_what_is_printed_and_the_last_value(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", `${answer("return np.tanh(x @ Wx)")}print("said", 6 * 7)\nrnn_step(np.zeros((1, 2)), 0, np.ones((2, 3)), 0, 0)`);
  const { output } = await reader.ask("rnn_step", "run");
  says(output, "said 42", "what Run shows");
  says(output, "[[0., 0., 0.]]", "what Run shows");
}

export async function run_shows_the_learners_own_lines_of_a_traceback(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", "def half(x):\n    return x / nothing\n\nhalf(1)");
  const { output, state } = await reader.ask("rnn_step", "run");
  equal(state, "failed", "an exception");
  says(output, "name 'nothing' is not defined", "what Run shows");
  says(output, /line 2/, "what Run shows");
  holds(!/pyodide|\/lib\/python|autograder/.test(output), `lines that are not the learner's: ${output}`);
}

export async function exit_and_input_are_told_what_to_do_instead(world) {
  const reader = await world.reader();
  const left = await reader.check("rnn_step", `import sys\n${answer("sys.exit(0)")}`);
  says(left.output, "`return` the result instead".replaceAll("`", ""), "the feedback on sys.exit()");
  const asked = await reader.check("rnn_step", answer('return input("h? ")'));
  says(asked.output, "nobody answers an input() here", "the feedback on input()");
  equal((await reader.check("rnn_step", world.answers.rnn_step.right)).state, "passed", "the next check");
}

export async function a_live_cell_of_a_chapter_runs(world) {
  const reader = await world.reader();
  await reader.open("book/ch02_recurrence.html");
  const id = await reader.page.$eval('section[data-live="code"]', (one) => one.id.replace("live-", ""));
  const { output } = await reader.ask(id, "run");
  says(output, "0.4621", "what Run shows");
  await reader.open(world.page("ch02_recurrence"));
}

export async function what_a_learner_prints_is_no_markup(world) {
  const reader = await world.reader();
  const nasty = '<img src=x onerror="document.title=1"><b>bold</b>';
  await reader.check("rnn_step", answer(`print('${nasty}')`, `raise ValueError('${nasty}')`));
  const found = await reader.page.$$eval(".live-output img, .live-output script", (all) => all.length);
  equal(found, 0, "elements that a learner's text made");
  await reader.paste("rnn_step", `print('${nasty}')`);
  says((await reader.ask("rnn_step", "run")).output, "<b>bold</b>", "what Run shows");
  equal(await reader.page.$$eval(".live-output img, .live-output script", (all) => all.length), 0, "elements");
}

export async function an_answer_calls_another_answer_of_the_page(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", world.answers.rnn_step.right);
  const loop = ["hs, h = [], h0", "for t in range(x.shape[1]):", "    h = rnn_step(x[:, t], h, Wx, Wh, b)", "    hs.append(h)"];
  const forward = ["def rnn_forward(x, h0, Wx, Wh, b):", ...[...loop, "return np.stack(hs, axis=1)"].map((line) => `    ${line}`)];
  const { state, output, status } = await reader.check("rnn_forward", forward.join("\n"));
  equal(state, "passed", `rnn_forward, which calls rnn_step (${status} ${output})`);
  equal(status, "✓ Right.", "the status");
  await reader.click(reader.button("rnn_step", "reset"));
  const unwritten = await reader.ask("rnn_forward");
  equal(unwritten.state, "failed", "rnn_forward, which calls what is not written");
  equal(unwritten.status, "✗ Not right yet: see below.", "the status");
  await reader.click(reader.button("rnn_step", "restore"));
}
