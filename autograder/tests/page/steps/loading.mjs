// What is asked of a server, and when.
import { networkInterfaces } from "node:os";
import { connect } from "node:net";
import { asked } from "./browser.mjs";
import { equal, holds, says } from "./say.mjs";

const paths = async () => (await asked()).asked.map((one) => one.path);
const ofLive = (path) => /pyodide|\/live\//.test(path);

export async function the_network_is_cut_off() {
  equal(Object.keys(networkInterfaces()).join(), "lo", "the interfaces of this machine");
  const refused = await new Promise((resolve) => {
    connect(80, "192.0.2.1").on("error", (error) => resolve(error.code)).on("connect", () => resolve("connected"));
  });
  equal(refused, "ENETUNREACH", "a call to another machine");
}

export async function another_host_would_be_noticed(world) {
  const reader = await (await world.fresh()).open("plain.html");
  await reader.page.evaluate(() => fetch("http://page.example/font").catch(() => 0));
  await reader.page.evaluate(() => new Promise((resolve) => {
    const source = 'fetch("https://worker.example/").catch(() => 0).then(() => postMessage(0))';
    new Worker(URL.createObjectURL(new Blob([source]))).onmessage = resolve;
  }));
  await reader.close();
  equal((await world.elsewhere()).join(), "http://page.example/font,worker.example:443", "asked elsewhere");
}

export async function a_page_without_live_cells_loads_nothing_of_them(world) {
  const reader = await (await world.fresh()).open("plain.html");
  equal((await paths()).filter(ofLive).join(), "", "asked for");
  await reader.close();
}

export async function nothing_of_python_is_asked_for_before_a_press(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await reader.page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await reader.page.hover(reader.button("rnn_step", "check"));
  await reader.page.focus(reader.button("rnn_step", "check"));
  await new Promise((resolve) => setTimeout(resolve, 500));
  await world.picture(reader, "idle-1280-light");
  const found = (await paths()).filter(ofLive).map((path) => path.replace(/.*\/live\/|\?.*/g, "")).sort();
  equal(found.join(), "live.css,live.js", "asked for before a press");
  await reader.close();
}

export async function the_first_check_says_what_it_loads_which_is_less_than_9_5_MB(world) {
  const { seconds, bytes, said } = world.first ?? {};
  says(said ?? "", /Starting Python .*: [0-9.]+ MB the first time/, "the status while Python starts");
  holds(bytes < 9.5e6, `${bytes} bytes from the press to the first verdict`);
  return { seconds, bytes };
}

export async function a_second_page_and_back(world) {
  const reader = await world.reader();
  await reader.paste("rnn_step", world.answers.rnn_step.right);
  await reader.open(world.page("ch00_start"));
  equal((await reader.check("relative_error", world.answers.relative_error.right)).state, "passed", "on the second page");
  await reader.back(world.page("ch02_recurrence"));
  says(await reader.source("rnn_step"), "np.tanh(x @ Wx + h_prev @ Wh + b)", "the editor, back on the first page");
  equal((await reader.ask("rnn_step")).state, "passed", "back on the first page");
}
