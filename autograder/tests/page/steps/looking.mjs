// What the page looks like, to everyone, and how it is used without a mouse.
import { readFileSync } from "node:fs";
import { modules } from "./browser.mjs";
import { equal, holds, says } from "./say.mjs";

const AXE = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf-8");
const WIDTHS = [1280, 390];

/** What axe finds: anything within a live cell, and what is serious around them. */
async function axe(reader) {
  if (!(await reader.page.evaluate(() => Boolean(window.axe)))) await reader.page.evaluate(AXE);
  return reader.page.evaluate(async () => {
    const { violations } = await window.axe.run(document);
    const ours = (node) => document.querySelector(node.target[0])?.closest(".live, .live-progress");
    return violations.flatMap(({ id, impact, nodes }) => nodes
      .filter((node) => ours(node) || ["serious", "critical"].includes(impact))
      .map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`));
  });
}

async function themed(reader, theme) {
  await reader.page.evaluate((theme) => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.mode = theme;
  }, theme);
  await new Promise((resolve) => setTimeout(resolve, 250));  // colours that fade
}

async function looks_right(world, name, prepare) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await prepare(reader);
  const found = [];
  for (const width of WIDTHS) {
    await reader.sized([width, 900]);
    for (const theme of ["light", "dark"]) {
      await themed(reader, theme);
      await reader.page.$eval(reader.at("rnn_step", ".live-code"), (one) => one.scrollIntoView());
      await world.picture(reader, `${name}-${width}-${theme}`);
      found.push(...(await axe(reader)).map((one) => `${width} ${theme}: ${one}`));
    }
    const over = await reader.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (over > 0) found.push(`${width}: ${over} px too wide`);
  }
  await reader.close();
  holds(!found.length, found.join("\n"));
}

export const idle_it_is_for_everyone = (world) => looks_right(world, "idle", async () => {});

export const failed_it_is_for_everyone = (world) => looks_right(world, "failed", async (reader) => {
  equal((await reader.check("rnn_step", world.answers.rnn_step.wrong.bias_after_tanh.source)).state, "failed", "state");
});

export const passed_it_is_for_everyone = (world) => looks_right(world, "passed", async (reader) => {
  equal((await reader.check("rnn_step", world.answers.rnn_step.right)).state, "passed", "state");
});

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

export async function by_keyboard_alone_from_the_start_to_a_pass(world) {
  const reader = await (await world.fresh()).open(world.page("ch02_recurrence"));
  await tabTo(reader, reader.at("rnn_step", ".live-code") + ", " + reader.at("rnn_step", ".live-code *"));
  if (!(await reader.page.$(reader.at("rnn_step", ".cm-content")))) await reader.page.keyboard.press("Enter");
  await reader.page.waitForSelector(reader.at("rnn_step", ".cm-content"));
  await reader.page.waitForFunction(() => document.activeElement.matches(".cm-content"));
  await reader.chord("Control", "KeyA");
  await reader.page.keyboard.press("Delete");
  for (const [number, line] of world.answers.rnn_step.right.trim().split("\n").entries()) {
    if (number) await reader.page.keyboard.press("Enter");
    await reader.page.keyboard.type(line.trim());
  }
  await reader.page.keyboard.press("Tab");
  holds(await reader.page.evaluate(() => document.activeElement.matches(".cm-content")), "Tab leaves the editor");
  await reader.chord("Control", "KeyZ");
  await reader.page.keyboard.press("Escape");
  await reader.page.keyboard.press("Tab");
  holds(!(await reader.page.evaluate(() => document.activeElement.matches(".cm-content"))), "Esc, Tab does not leave");
  const since = await reader.moments();
  if (!(await reader.page.evaluate((one) => document.activeElement.matches(one), reader.button("rnn_step", "check")))) {
    await tabTo(reader, reader.button("rnn_step", "check"), 10);
  }
  await reader.page.keyboard.press("Enter");
  equal((await reader.came("rnn_step", since)).state, "passed", "what was typed by keyboard");
  holds(await reader.page.evaluate(() => document.activeElement !== document.body), "the focus is lost");
  await reader.edit("rnn_step");
  const next = await reader.moments();
  await reader.chord("Control", "Enter");
  equal((await reader.came("rnn_step", next)).state, "passed", "Ctrl+Enter");
  await reader.close();
}
