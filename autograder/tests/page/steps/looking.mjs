// What the page looks like, to everyone, and how it is used without a mouse.
import { readFileSync } from "node:fs";
import { asked, faults, modules } from "./browser.mjs";
import { equal, holds, says } from "./say.mjs";

const AXE = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf-8");
const WIDTHS = [1280, 390];

/** What axe finds: anything within a live cell, and what is serious around them; not in what every page has. */
async function axe(reader, where) {
  if (!(await reader.page.evaluate(() => Boolean(window.axe)))) await reader.page.evaluate(AXE);
  return reader.page.evaluate(async (where) => {
    const { violations } = await window.axe.run({ include: [where] });
    const ours = (node) => document.querySelector(node.target[0])?.closest(".live, .live-progress");
    return violations.flatMap(({ id, impact, nodes }) => nodes
      .filter((node) => ours(node) || ["serious", "critical"].includes(impact))
      .map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`));
  }, where);
}

async function themed(reader, theme) {
  await reader.page.evaluate((theme) => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.mode = theme;
  }, theme);
  await new Promise((resolve) => setTimeout(resolve, 250));  // colours that fade
}

async function looks_right(world, reader, name, whole = false) {
  const found = [];
  for (const width of WIDTHS) {
    await reader.sized([width, 900]);
    for (const theme of ["light", "dark"]) {
      await themed(reader, theme);
      await reader.page.$eval(reader.at("rnn_step", ".live-code"), (one) => one.scrollIntoView({ block: "center", behavior: "instant" }));
      await world.picture(reader, `${name}-${width}-${theme}`);
      const where = whole && (width === 1280) === (theme === "light") ? "article" : reader.at("rnn_step");
      found.push(...(await axe(reader, where)).map((one) => `${width} ${theme}: ${one}`));
    }
    const over = await reader.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (over > 0) found.push(`${width}: ${over} px too wide`);
  }
  await reader.sized([1280, 900]);
  await themed(reader, "light");
  holds(!found.length, found.join("\n"));
}

export async function idle_it_is_for_everyone(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await looks_right(world, reader, "idle", true);
  await reader.close();
}

export async function failed_it_is_for_everyone(world) {
  const reader = await world.reader();
  equal((await reader.check("rnn_step", world.answers.rnn_step.wrong.bias_after_tanh.source)).state, "failed", "state");
  await looks_right(world, reader, "failed");
}

export async function passed_it_is_for_everyone(world) {
  const reader = await world.reader();
  equal((await reader.check("rnn_step", world.answers.rnn_step.right)).state, "passed", "state");
  await looks_right(world, reader, "passed");
}

export async function fingers_find_every_button_on_a_telephone(world) {
  const reader = await (await world.fresh({ size: [390, 844] })).open(world.page("ch02_recurrence"));
  const small = await reader.page.$$eval(".live button", (all) => all.filter((one) => one.checkVisibility())
    .filter((one) => one.getBoundingClientRect().height < 24 || one.getBoundingClientRect().width < 24)
    .map((one) => one.outerHTML));
  equal(small.join(), "", "buttons that are too small");
  const outside = await reader.page.$$eval(".live button, .live-status, .live-output", (all) => all
    .filter((one) => one.checkVisibility() && (one.getBoundingClientRect().left < 0 || one.getBoundingClientRect().right > 390))
    .map((one) => one.outerHTML.slice(0, 100)));
  equal(outside.join(), "", "what sticks out");
  await reader.close();
}

export async function the_theme_can_be_switched_while_the_editor_is_open(world) {
  const reader = await world.reader();
  await reader.edit("rnn_step");
  const seen = {};
  for (const theme of ["light", "dark"]) {
    await themed(reader, theme);
    seen[theme] = await reader.page.$eval(reader.at("rnn_step", ".cm-content"), (one) => {
      const code = getComputedStyle(one);
      let behind = one;
      while (/rgba\(.*, 0\)|transparent/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
      return { text: code.color, behind: getComputedStyle(behind).backgroundColor, caret: code.caretColor };
    });
  }
  for (const part of ["text", "behind"]) holds(seen.light[part] !== seen.dark[part], `${part} stays ${seen.dark[part]}`);
  await themed(reader, "light");
}

export async function hints_open_one_after_the_other(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  const state = () => reader.page.$$eval(`${reader.at("rnn_step")} .live-hint, ${reader.at("rnn_step")} ~ .live-hint`,
    (all) => all.slice(0, 3).map((one) => [one.open, one.checkVisibility() && !one.querySelector("summary").ariaDisabled]));
  equal((await state()).length, 3, "hints");
  const hint = (number) => reader.page.$$(`${reader.at("rnn_step")} .live-hint`).then((all) => all[number]);
  await (await hint(0)).$eval("summary", (one) => one.click());
  await new Promise((resolve) => setTimeout(resolve, 200));
  equal((await state())[0][0], true, "the first hint, opened");
  says(await (await hint(0)).evaluate((one) => one.innerText), "Which two things does the new state depend on", "hint 1");
  await (await hint(1)).$eval("summary", (one) => one.click());
  await new Promise((resolve) => setTimeout(resolve, 200));
  equal((await state())[1][0], true, "the second hint, opened");
  await reader.close();
}

/** Press Tab until the element has the focus. */
async function tabTo(reader, selector, most = 200) {
  for (let number = 0; number < most; number += 1) {
    await reader.page.keyboard.press("Tab");
    if (await reader.page.evaluate((selector) => document.activeElement?.matches(selector), selector)) return;
  }
  throw new Error(`${selector} is not reached by ${most} presses of Tab`);
}

/** The window that this opens is the one that stays open; what its first check took is kept for the next step. */
export async function by_keyboard_alone_from_the_start_to_a_pass(world) {
  const reader = await world.reader();
  await tabTo(reader, reader.button("rnn_step", "edit"));
  await reader.page.keyboard.press("Enter");
  await reader.page.waitForFunction(() => document.activeElement.matches(".cm-content"));
  await reader.typeOver(world.answers.rnn_step.right);
  await reader.page.keyboard.press("Tab");
  holds(await reader.page.evaluate(() => document.activeElement.matches(".cm-content")), "Tab leaves the editor");
  await reader.chord("Control", "KeyZ");
  await reader.page.keyboard.press("Escape");
  await reader.page.keyboard.press("Tab");
  holds(!(await reader.page.evaluate(() => document.activeElement.matches(".cm-content"))), "Esc, Tab does not leave");
  const check = reader.button("rnn_step", "check");
  if (!(await reader.page.evaluate((one) => document.activeElement.matches(one), check))) await tabTo(reader, check, 10);
  const since = await reader.moments();
  await faults();
  await reader.page.keyboard.press("Enter");
  await reader.saying("rnn_step", "Starting Python");
  const said = await reader.status("rnn_step");
  await world.picture(reader, "busy-1280-light");
  const { state, seconds } = await reader.came("rnn_step", since);
  equal(state, "passed", "what was typed by keyboard");
  world.first = { seconds, said, bytes: (await asked()).asked.reduce((sum, one) => sum + one.bytes, 0) };
  holds(await reader.page.evaluate(() => document.activeElement !== document.body), "the focus is lost");
  await reader.edit("rnn_step");
  const next = await reader.moments();
  await reader.chord("Control", "Enter");
  equal((await reader.came("rnn_step", next)).state, "passed", "Ctrl+Enter");
  const last = await reader.moments();
  await reader.chord("Shift", "Enter");
  await reader.came("rnn_step", last);
}
