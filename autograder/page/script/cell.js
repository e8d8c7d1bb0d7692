// One live cell: its editor, its buttons, and what came of them.
import { makeEditor } from "./editor.js";
import { gone, RENEWED } from "./gone.js";
import * as keep from "./keep.js";
import { Kept } from "./kept.js";
import { checked, ran } from "./output.js";
import { Python } from "./python.js";
import * as words from "./words.js";

const SLOW = 12_000; // milliseconds without news, until that is said

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

class Cell extends Kept {
  constructor(section, here) {
    const { keep: key, exercise, chapter } = section.dataset;
    super(section, key);
    Object.assign(this, { exercise, chapter });
    this.site = new URL("../../", here).href;
    this.name = exercise ?? "code to try";
    this.open();
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
}
