// What a reader does on a practice page, and what they see; every wait ends when the page says that it is through.

const WATCH = () => {
  window.seen = [];  // when each section came to which state, and when something was pressed
  new MutationObserver((all) => all.forEach(({ target }) =>
    window.seen.push({ id: target.id, state: target.dataset.state, at: performance.now() })))
    .observe(document, { subtree: true, attributes: true, attributeFilter: ["data-state"] });
  for (const kind of ["click", "keydown"]) {
    document.addEventListener(kind, (event) => { window.pressed = event.timeStamp; }, true);
  }
};
/** A paste event, as Ctrl+V makes it; Firefox lets nobody fill a real one. */
export const PASTE = (element, text) => {
  const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
  Object.defineProperty(event, "clipboardData", { value: { types: ["text/plain"], getData: () => text } });
  element.dispatchEvent(event);
};
const PATIENCE = 60_000;  // milliseconds

export class Reader {
  /** A window of its own, with nothing kept from others; what goes wrong in it is written down. */
  static async of(browser, { size = [1280, 900], before, profile = false } = {}) {
    const downloads = { downloadBehavior: { policy: "allow", downloadPath: process.env.FOLDER } };
    const window = profile ? browser.defaultBrowserContext() : await browser.createBrowserContext(downloads);
    const reader = new Reader(window, await window.newPage());
    await reader.sized(size);
    await reader.page.evaluateOnNewDocument(WATCH);
    if (before) await reader.page.evaluateOnNewDocument(before);
    return reader;
  }

  constructor(window, page) {
    Object.assign(this, { window, page, complaints: [] });
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => this.complaints.push(String(error.stack ?? error)));
  }

  sized([width, height]) { return this.page.setViewport({ width, height }); }

  async open(name) {
    await this.page.goto(`${process.env.ADDRESS}/${name}`, { waitUntil: "load" });
    return this;
  }

  /** The browser's own way back; a page that comes out of its memory is not loaded again. */
  async back(name) {
    await this.page.evaluate(() => { setTimeout(() => history.back()); });
    const where = () => this.page.evaluate(() => location.pathname + document.readyState).catch(() => "");
    while ((await where()) !== `/${name}complete`) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  close() { return this.window.close(); }

  /** One part of an exercise's section. */
  at(exercise, part = "") { return `#live-${exercise} ${part}`.trim(); }

  button(exercise, what) { return this.at(exercise, `[data-do="${what}"]`); }

  /** Click, once it stands still: the theme scrolls softly, and its header lies above the page. */
  async click(selector) {
    await this.page.$eval(selector, async (one) => {
      one.scrollIntoView({ block: "center", behavior: "instant" });
      for (let frame = 0; frame < 2; frame += 1) await new Promise((next) => requestAnimationFrame(next));
    });
    await this.page.click(selector);
  }

  text(selector) { return this.page.$eval(selector, (one) => one.innerText); }

  status(exercise) { return this.text(this.at(exercise, ".live-status")); }

  source(exercise) {
    return this.page.$eval(this.at(exercise), (one) =>
      [...one.querySelectorAll(".cm-line")].map((line) => line.textContent).join("\n").trim()
      || one.querySelector(".live-code").innerText.trim());
  }

  async edit(exercise) {
    if (!(await this.page.$(this.at(exercise, ".cm-content")))) await this.click(this.at(exercise, ".live-code pre"));
    await this.page.waitForSelector(this.at(exercise, ".cm-content"));
    await this.page.focus(this.at(exercise, ".cm-content"));
  }

  async chord(...keys) {
    for (const key of keys.slice(0, -1)) await this.page.keyboard.down(key);
    await this.page.keyboard.press(keys.at(-1));
    for (const key of keys.slice(0, -1).reverse()) await this.page.keyboard.up(key);
  }

  /** Type over all that stands in the editor, key by key; it indents by itself, as it does for everyone. */
  async type(exercise, source) {
    await this.edit(exercise);
    await this.typeOver(source);
  }

  async typeOver(source) {
    await this.chord("Control", "KeyA");
    await this.page.keyboard.press("Delete");
    for (const [number, line] of source.trim().split("\n").entries()) {
      if (number) await this.page.keyboard.press("Enter");
      await this.page.keyboard.type(line.trim());
    }
  }

  /** Paste over all that stands in the editor. */
  async paste(exercise, source) {
    await this.edit(exercise);
    await this.chord("Control", "KeyA");
    await this.page.$eval(this.at(exercise, ".cm-content"), PASTE, source);
  }

  /** How often the sections have come to a state. */
  moments() { return this.page.evaluate(() => window.seen.length); }

  /** Press a button and do not wait for what comes of it; gives what `came` needs. */
  async press(exercise, what) {
    const since = await this.moments();
    await this.click(this.button(exercise, what));
    return since;
  }

  /** Wait until what was pressed is through; gives the state, what is said and shown, and the seconds since. */
  async came(exercise, since, patience = PATIENCE) {
    const id = `live-${exercise}`;
    const through = await this.page.waitForFunction((id, since) => {
      const own = window.seen.slice(since).filter((one) => one.id === id);
      const found = own.find((one, number) => one.state === "error" || (own[number - 1]?.state === "busy" && one.state !== "busy"));
      return found && { state: found.state, seconds: (found.at - window.pressed) / 1000 };
    }, { timeout: patience }, id, since);
    const output = await this.text(this.at(exercise, ".live-output"));
    return { ...(await through.jsonValue()), output, status: await this.status(exercise) };
  }

  async ask(exercise, what = "check") { return this.came(exercise, await this.press(exercise, what)); }

  async check(exercise, source) {
    await this.paste(exercise, source);
    return this.ask(exercise);
  }

  /** Wait until the status says this, a pattern. */
  saying(exercise, wanted) {
    return this.page.waitForFunction((selector, wanted) => RegExp(wanted).test(document.querySelector(selector).innerText),
      {}, this.at(exercise, ".live-status"), wanted);
  }

  /** Do something while the page's frames are counted; gives the longest of them in milliseconds. */
  async worstFrame(during) {
    await this.page.evaluate(() => {
      window.worst = 0;
      let last = performance.now();
      const next = (now) => {
        window.worst = Math.max(window.worst, now - last);
        last = now;
        if (window.worst >= 0) requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    await during();
    return this.page.evaluate(() => {
      const worst = window.worst;
      window.worst = -Infinity;
      return Math.round(worst);
    });
  }
}
