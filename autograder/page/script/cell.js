// One live cell: its editor, its buttons, and what came of them.
import { makeEditor, setText } from "./editor.js";
import { gone, RENEWED } from "./gone.js";
import * as keep from "./keep.js";
import { checked, ran } from "./output.js";
import { Python } from "./python.js";
import * as words from "./words.js";

const SLOW = 12_000; // milliseconds without news, until that is said
const PAUSE = 300; // milliseconds without typing, until the code is kept

const python = new Python((failed) => {
  return new Worker(new URL(`worker.js${failed ? `?again=${failed}` : ""}`, import.meta.url), { type: "module" });
});
const cells = new Map();
let working; // {cell, through}: whose question Python has, and the promise of its end

/** The live cell of this section, with its editor. */
export function cellOf(section, here) {
  if (!cells.has(section)) cells.set(section, new Cell(section, here));
  return cells.get(section);
}

/** The reader's answer to an exercise: from its editor where that is open, else as it was kept; null for none. */
export function answer(name) {
  const cell = [...cells.values()].find(({ exercise }) => exercise === name);
  if (!cell) return keep.code(name);
  return cell.text === cell.starter ? null : cell.text;
}

class Cell {
  constructor(section, here) {
    const { keep: key, exercise, chapter } = section.dataset;
    Object.assign(this, { section, key, exercise, chapter, starter: section.starter });
    this.site = new URL("../../", here).href;
    this.name = exercise ?? "code to try";
    this.saved = keep.code(key) ?? this.starter;
    this.open();
    keep.watch(({ key, newValue }) => {
      if (keep.concerns(this.key, key)) newValue === null ? this.forgotten(key) : this.elsewhere(newValue);
    });
    addEventListener("pagehide", () => this.keep());
  }

  part(name) {
    return this.section.querySelector(name);
  }

  button(name) {
    return this.part(`[data-do="${name}"]`);
  }

  get text() {
    return this.view.state.doc.toString();
  }

  /** The editor takes the place of the code in the page. */
  open() {
    const run = () => this.press("run");
    const check = this.exercise ? () => this.press("check") : run;
    const keys = { "Shift-Enter": run, "Mod-Enter": check, "Ctrl-Enter": check };
    const place = this.part(".live-code");
    const focused = document.activeElement === this.button("edit");
    place.replaceChildren();
    this.view = makeEditor(place, this.saved, `Your code for ${this.name}`, keys, () => this.changed());
    this.button("edit").hidden = true;
    if (focused) this.view.focus();
    this.status("");
  }

  press(what) {
    const busy = this.section.dataset.state === "busy";
    if (what === "edit") this.view.focus();
    else if (what === "stop") busy && python.stop();
    else if (busy) return;
    else if (what === "check" || what === "run") this.ask(what);
    else if (what === "reset") this.reset();
    else if (what === "restore") this.restore();
    else this.choose(what);
  }

  /** Check or Run: asks Python, says how far it is, and shows the answer. */
  async ask(what) {
    if (python.busy) return this.wait();
    const through = this.answered(what);
    working = { name: this.name, through };
    await through;
  }

  /** Python works for another cell: that is said for so long, and then what was said before. */
  wait() {
    const before = this.part(".live-status").textContent;
    const sentence = words.busy(working.name);
    if (before === sentence) return;
    this.status(sentence);
    working.through.then(() => this.part(".live-status").textContent === sentence && this.status(before));
  }

  async answered(what) {
    this.keep();
    this.begin();
    const before = this.before();
    this.asked = this.text;
    try {
      const { exercise, chapter, site } = this;
      const question = { do: what, exercise, chapter, source: this.asked, site, before };
      const result = await python.ask(question, (stage) => this.stage(stage));
      const unwritten = this.asked.trim() === this.starter.trim();
      const { state, sentence, parts } = what === "check" ? checked(result, unwritten) : ran(result);
      if (state === "passed") this.passed();
      this.end(state, sentence, parts);
    } catch (error) {
      if (!error.kind) console.error(error);
      const renewed = error.kind === "missing" && (await gone(import.meta.url));
      this.end(error.kind === "stopped" ? "idle" : "error", renewed ? RENEWED : words.trouble(error), []);
    }
  }

  /** Code may call the reader's other answers of the chapter; from an exercise those that are not written, too. */
  before() {
    const all = [...document.querySelectorAll(`section.live[data-exercise][data-chapter="${this.chapter}"]`)];
    const others = all.filter((section) => section !== this.section);
    const written = others.map(({ dataset }) => answer(dataset.exercise));
    this.others = written.filter((text) => text !== null).length;
    if (this.exercise) return written.map((text, number) => text ?? others[number].starter);
    return written.filter((text) => text !== null);
  }

  begin() {
    this.section.dataset.state = "busy";
    this.part(".live-output").hidden = true;
    this.button("stop").disabled = false;
    for (const name of ["check", "run", "reset"]) this.button(name)?.setAttribute("aria-disabled", "true");
    this.stage("");
  }

  stage(name) {
    clearTimeout(this.timer);
    this.status(words.stage(name), words.share(name));
    this.timer = setTimeout(() => this.status(words.slow(name, this.others), words.share(name)), SLOW);
  }

  end(state, sentence, parts) {
    clearTimeout(this.timer);
    const focused = document.activeElement === this.button("stop");
    this.button("stop").disabled = true;
    for (const name of ["check", "run", "reset"]) this.button(name)?.removeAttribute("aria-disabled");
    if (focused) (this.button("check") ?? this.button("run")).focus();
    const output = this.part(".live-output");
    output.replaceChildren(...parts);
    output.hidden = !parts.length;
    this.status(this.kept === false ? `${sentence} ${words.NOT_KEPT}` : sentence);
    this.section.dataset.state = state;
  }

  passed() {
    this.right = this.asked;
    this.button("restore").hidden = true;
    if (!keep.keepPassed(this.exercise)) this.kept = false;
  }

  status(sentence, share) {
    const place = this.part(".live-status");
    place.textContent = sentence;
    place.style.setProperty("--share", share === undefined ? "" : `${100 * share}%`);
    place.toggleAttribute("data-busy", share !== undefined);
  }

  /** The reader has typed: what was found out is of another text. */
  changed() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.keep(), PAUSE);
    if (this.adopting || this.section.dataset.state === "busy") return;
    if (this.section.dataset.state !== "idle") this.status(words.CHANGED);
    this.section.dataset.state = "idle";
    if (!keep.isLittle(this.text, this.starter)) this.button("restore").hidden = true;
  }

  /** Keeps the code, unless the reader has to choose first between two of them. */
  keep() {
    clearTimeout(this.later);
    if (this.apart !== undefined || this.text === this.saved) return;
    const before = this.kept;
    this.kept = keep.keepCode(this.key, this.text === this.starter ? null : this.text);
    this.saved = this.text;
    if (!this.kept && before !== false && this.section.dataset.state !== "busy") this.status(words.NOT_KEPT);
  }

  reset() {
    this.away = keep.putAside(this.away, this.text, this.starter, this.text === this.right);
    this.replace(this.starter);
    this.end("idle", "This is how the exercise begins.", []);
    this.button("restore").hidden = !this.away.length;
  }

  /** What stands here goes aside, behind all others: press after press brings back each of them. */
  restore() {
    const [text, ...others] = this.away;
    this.away = this.text === this.starter ? others : [...others, this.text];
    this.replace(text);
    this.button("restore").hidden = !this.away.length;
    this.end("idle", "Your code is back.", []);
    this.view.focus();
  }

  /** What was put aside; where the browser keeps nothing, as long as the page is open. */
  get away() {
    return this.lost ?? keep.aside(this.key);
  }

  set away(texts) {
    this.lost = keep.keepAside(this.key, texts) ? undefined : texts;
  }

  replace(text) {
    this.adopting = true;
    setText(this.view, text);
    this.adopting = false;
    this.keep();
  }

  /** Set back in another tab: what stands here stays. Where all that was kept is forgotten, it is kept again. */
  forgotten(key) {
    if (this.text === this.starter || this.apart !== undefined) return;
    if (key !== null) return this.text === this.saved && this.status(words.FORGOTTEN);
    this.saved = undefined;
    this.keep();
  }

  /** Another tab has kept other code: it is taken where nothing else was typed here, else the reader chooses. */
  elsewhere(theirs) {
    if (theirs === this.text) return this.settle(theirs);
    if (this.apart === undefined && this.text === this.saved) {
      this.saved = theirs;
      this.replace(theirs);
      return this.status(words.TAKEN);
    }
    this.apart = theirs;
    for (const name of ["theirs", "mine"]) this.button(name).hidden = false;
    this.status(words.APART);
  }

  choose(what) {
    const theirs = this.apart;
    this.settle(theirs);
    if (what === "theirs") this.replace(theirs);
    else this.keep();
    this.end("idle", what === "theirs" ? words.TAKEN : "What stands here is kept.", []);
    this.view.focus();
  }

  settle(kept) {
    this.saved = kept;
    this.apart = undefined;
    for (const name of ["theirs", "mine"]) this.button(name).hidden = true;
  }
}
