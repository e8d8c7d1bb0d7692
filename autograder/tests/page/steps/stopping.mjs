// What does not end by itself, or takes all there is.
import { answer, equal, holds, says } from "./say.mjs";

async function passes(world, reader, after) {
  equal((await reader.check("rnn_step", world.answers.rnn_step.right)).state, "passed", `the check after ${after}`);
}

async function stopped(reader, source) {
  await reader.paste("rnn_step", source);
  const since = await reader.press("rnn_step", "check");
  await reader.saying("rnn_step", "Running your code");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const start = performance.now();
  await reader.click(reader.button("rnn_step", "stop"));
  const { status } = await reader.came("rnn_step", since);
  says(status, /stopped/i, "the status");
  return Math.round(performance.now() - start);
}

export async function an_endless_loop_is_given_up_after_five_seconds_and_the_page_stays_alive(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", answer("while True:", "    pass"));
  let came;
  const worst = await reader.worstFrame(async () => { came = await reader.ask("rnn_step"); });
  says(came.output, /longer than 5 s/, "the feedback");
  says(came.output, /line [23]/, "the feedback");
  holds(came.seconds < 30, `given up after ${came.seconds} s`);
  holds(worst < 1000, `a frame of ${worst} ms`);
  await passes(world, reader, "a loop that was given up");
  return { worst_frame_ms: worst, seconds: came.seconds };
}

export async function stop_ends_an_endless_loop(world) {
  const reader = await world.reader();
  const milliseconds = await stopped(reader, answer("while True:", "    pass"));
  await passes(world, reader, "Stop");
  return { stop_ms: milliseconds };
}

export async function stop_ends_what_python_cannot_interrupt(world) {
  const reader = await world.reader();
  const milliseconds = await stopped(reader, answer("return sum(iter(int, 1))"));
  await passes(world, reader, "Stop");
  return { stop_ms: milliseconds };
}

export async function a_list_that_grows_for_ever_ends_with_a_sentence(world) {
  const reader = await world.reader();
  const { output, status, seconds } = await reader.check("rnn_step", answer("kept = []", "while True:", "    kept.append(bytes(10**8))"));
  says(`${output} ${status}`, /memory/i, "what is shown");
  await passes(world, reader, "the memory ran out");
  return { seconds };
}

export async function an_array_that_is_too_large_ends_with_a_sentence(world) {
  const reader = await world.reader();
  const large = await reader.check("rnn_step", answer("return np.zeros((20_000, 20_000))"));
  says(`${large.output} ${large.status}`, /memory/i, "what is shown of 3 GB");
  const huge = await reader.check("rnn_step", answer("return np.zeros((10**6, 10**6))"));
  says(huge.output, "array is too big", "the feedback on 8 TB");
  await passes(world, reader, "an array that was too large");
}

export async function prints_without_end_are_cut_short(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", answer("while True:", '    print("again and again")'));
  let came;
  const worst = await reader.worstFrame(async () => { came = await reader.ask("rnn_step"); });
  holds(came.output.length < 50_000, `${came.output.length} characters are shown`);
  holds(worst < 1000, `a frame of ${worst} ms`);
  await reader.paste("rnn_step", 'for _ in range(10**5):\n    print("x" * 100)');
  const run = await reader.ask("rnn_step", "run");
  holds(run.output.length < 200_000, `${run.output.length} characters are shown by Run`);
  await passes(world, reader, "prints without end");
  return { worst_frame_ms: worst };
}

export async function two_presses_are_one(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", world.answers.rnn_step.right);
  const since = await reader.moments();
  await reader.page.$eval(reader.button("rnn_step", "check"), (one) => { one.click(); one.click(); one.click(); });
  await reader.came("rnn_step", since);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const through = await reader.page.evaluate((since) =>
    window.seen.slice(since).filter((one) => one.state === "passed").length, since);
  equal(through, 1, "verdicts");
}

export async function a_function_that_calls_itself_for_ever_is_told_so(world) {
  const reader = await world.reader();
  const { output, status } = await reader.check("rnn_step", answer("return rnn_step(x, h_prev, Wx, Wh, b)"));
  says(`${output} ${status}`, "RecursionError", "what is shown");
  await passes(world, reader, "a recursion without end");
}

export async function a_press_beside_a_busy_python_is_told_so_until_it_is_through(world) {
  const reader = await world.reader();
  await reader.edit("readout");
  const before = await reader.status("readout");
  await reader.paste("rnn_step", answer("return sum(iter(int, 1))"));
  const since = await reader.press("rnn_step", "check");
  await reader.saying("rnn_step", "Running your code");
  await reader.click(reader.button("readout", "check"));
  await reader.saying("readout", "still busy with rnn_step");
  await reader.click(reader.button("rnn_step", "stop"));
  await reader.came("rnn_step", since);
  equal(await reader.status("readout"), before, "what is said beside it");
  await passes(world, reader, "Stop");
}

export async function code_that_ends_python_is_told_so(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", "import os\nos._exit(0)");
  const { state, status } = await reader.ask("rnn_step", "run");
  equal(state, "error", "os._exit()");
  says(status, "Your code ended Python", "the status");
  await passes(world, reader, "os._exit()");
}
