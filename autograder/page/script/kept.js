// The text of a cell's editor, and what this browser has of it: kept, put aside, or changed in another tab.
import { setText } from "./editor.js";
import * as keep from "./keep.js";
import * as words from "./words.js";

const PAUSE = 300; // milliseconds without typing, until the code is kept

/** A section with an editor, `view`; what derives from it opens that, and says with `end` what has become of a press. */
export class Kept {
  constructor(section, key) {
    Object.assign(this, { section, key, starter: section.starter });
    this.saved = keep.code(key) ?? this.starter;
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
