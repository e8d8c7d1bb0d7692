// Runs the steps named after the browser's, one after another, and prints what came of each as one line of JSON.
import { answers, asked, faults, launch } from "./browser.mjs";
import * as checking from "./checking.mjs";
import * as failing from "./failing.mjs";
import * as keeping from "./keeping.mjs";
import * as looking from "./looking.mjs";
import * as loading from "./loading.mjs";
import * as stopping from "./stopping.mjs";
import { Reader } from "./reader.mjs";

const OWN = ["clients2.google.com", "update.googleapis.com", "content-autofill.googleapis.com",
  "firefox.settings.services.mozilla.com", "aus5.mozilla.org"];  // what browsers ask for themselves, whatever page is open
const PATIENCE = 120_000;  // milliseconds
const STEPS = { ...loading, ...checking, ...stopping, ...failing, ...keeping, ...looking };
const [kind, ...names] = process.argv.slice(2);
const unlike = [...names.filter((one) => !STEPS[one]), ...Object.keys(STEPS).filter((one) => !names.includes(one))];
if (unlike.length && !process.env.SOME) throw new Error(`steps that only one side knows: ${unlike}`);

/** What all steps of one browser share: the window that is open, and what the book holds. */
class World {
  constructor(browser) {
    Object.assign(this, { kind, browser, answers: answers(), folder: process.env.FOLDER });
    this.page = (chapter) => `book/practice/${chapter}.html`;
    this.fresh = (options) => Reader.of(browser, options);
  }

  /** The window that stays open from step to step, with its Python started. */
  async reader() {
    this.open ??= await (await this.fresh()).open(this.page("ch02_recurrence"));
    return this.open;
  }

  async leave() {
    await this.open?.close().catch(() => 0);
    this.open = undefined;
  }

  /** A picture for people, where a folder for them is named. */
  async picture(reader, name) {
    if (process.env.PICTURES) await reader.page.screenshot({ path: `${process.env.PICTURES}/${kind}-${name}.png` });
  }

  async elsewhere() {
    return (await asked()).elsewhere.filter((one) => !OWN.some((host) => one.includes(host)));
  }
}

/** A step that does not end is ended. */
const within = (promise) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error(`not through after ${PATIENCE / 1000} s`)), PATIENCE).unref();
})]);

const downloads = { "browser.download.folderList": 2, "browser.download.dir": process.env.FOLDER };
const world = new World(await launch(kind, { prefs: downloads }));
for (const step of names) {
  const start = performance.now();
  const line = { step };
  try {
    await faults();
    line.measured = await within(STEPS[step](world));
    const strange = await world.elsewhere();
    if (strange.length && step !== "another_host_would_be_noticed") throw new Error(`asks elsewhere: ${strange}`);
    if (world.open?.complaints.length) throw new Error(`in the console: ${world.open.complaints}`);
  } catch (error) {
    line.why = String(error.stack ?? error);
    await world.picture(world.open ?? {}, `wrong-${step}`).catch(() => 0);
    await world.leave();
  }
  console.log(JSON.stringify({ ...line, seconds: Math.round(performance.now() - start) / 1000 }));
}
await world.browser.close();
