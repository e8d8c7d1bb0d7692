// One stage for every picture that moves: it draws, listens to the controls, plays, and says in words what is shown.
// A picture is {name, title, start, controls, clock, draw(state, width), say(state)}, and `settle(state)` where one value
// limits another. `clock` is the slider that Play moves: {key, label, last(state), pace, text}; `glides` names values
// that follow a switch slowly: {part: "switch"}; `smooth` draws between two steps, too, where `part` says how far. Without a page (under Node) nothing happens.
import { control, make } from "./controls.js";
import { toElement } from "./svg.js";

const QUIET = 400; // milliseconds without a change, until the state is said in words
const GLIDE = 700;

class Stage {
  constructor(figure, picture) {
    this.picture = picture;
    this.state = { ...picture.start };
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.drawing = make("div", { class: "moving-drawing" });
    this.status = make("p", { class: "moving-status", role: "status" });
    this.play = make("button", { type: "button", class: "moving-play" });
    this.play.addEventListener("click", () => (this.playing ? this.stop() : this.go()));
    this.still.addEventListener("change", () => this.motion());
    this.controls = [...picture.controls, { kind: "range", min: 0, step: 1, ...picture.clock }].map((spec) => {
      return { key: spec.key, ...control(spec, (value) => this.set(spec.key, value)) };
    });
    const clock = this.controls.at(-1).element;
    clock.classList.add("moving-clock");
    clock.prepend(this.play);
    const box = make("div", { class: "moving-controls" }, ...this.controls.map(({ element }) => element));
    this.element = make("div", { class: "moving-stage", role: "group", "aria-label": picture.title });
    this.element.append(this.drawing, box, this.status); // below what changes its height nothing is touched
    figure.querySelector(".moving-still").after(this.element);
    this.describedBy = figure.querySelector("figcaption").id;
    this.motion();
    this.draw();
    this.say();
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** A control was moved by hand. */
  set(key, value) {
    if (key === this.picture.clock.key) this.stop();
    this.state[key] = value;
    this.picture.settle?.(this.state, key);
    if (this.playing && this.state[this.picture.clock.key] >= this.last()) this.stop();
    for (const [part, goal] of Object.entries(this.picture.glides ?? {})) if (goal === key) this.glide(part, Number(value));
    this.draw();
    this.later();
  }

  last() {
    return this.picture.clock.last(this.state);
  }

  /** The reader wants no motion, or wants it again: without it there is nothing to play, and nothing glides. */
  motion() {
    if (this.still.matches) this.stop();
    this.play.hidden = this.still.matches;
    this.label();
  }

  label() {
    this.play.textContent = this.playing ? "Pause" : "Play";
  }

  go() {
    const { key, pace } = this.picture.clock;
    if (this.state[key] >= this.last()) this.state[key] = 0;
    this.playing = true;
    this.status.setAttribute("aria-live", "off"); // to be read, not heard: too much at once
    this.label();
    let before = performance.now();
    const frame = (now) => {
      if (!this.playing) return;
      this.state.part += Math.min(now - before, pace) / pace;
      before = now;
      const stepped = this.state.part >= 1;
      if (stepped) Object.assign(this.state, { [key]: this.state[key] + 1, part: 0 });
      if (this.state[key] >= this.last()) return this.stop();
      if (stepped || this.picture.smooth) this.draw();
      if (stepped) this.say();
      requestAnimationFrame(frame);
    };
    this.state.part = 0;
    this.draw();
    requestAnimationFrame(frame);
  }

  stop() {
    const was = this.playing;
    this.playing = false;
    this.state.part = 0;
    this.label();
    if (!was) return;
    this.status.setAttribute("aria-live", "polite");
    this.draw();
    this.later();
  }

  /** A part of the drawing follows its switch within a moment; at once, where no motion is wanted. */
  glide(part, goal) {
    const from = this.state[part];
    const begin = performance.now();
    const frame = (now) => {
      const done = this.still.matches ? 1 : Math.min(1, Math.max(0, (now - begin) / GLIDE));
      this.state[part] = from + (goal - from) * done * done * (3 - 2 * done);
      this.draw();
      if (done < 1 && this.glides === frame) requestAnimationFrame(frame);
    };
    this.glides = frame;
    frame(begin);
  }

  draw() {
    const width = Math.max(344, Math.min(720, this.element.clientWidth));
    const { height, shapes } = this.picture.draw(this.state, width);
    const label = `${this.picture.title}. ${this.picture.say(this.state)}`;
    const given = { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label };
    const svg = toElement(["svg", { ...given, "aria-describedby": this.describedBy }, ...shapes]);
    this.drawing.replaceChildren(svg);
    this.play.disabled = this.last() === 0;
    for (const { key, update } of this.controls) update(this.state[key], this.state);
  }

  /** Says the state once the reader has stopped; never on each frame. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.playing || this.say(), QUIET);
  }

  say() {
    this.status.textContent = this.picture.say(this.state);
  }
}

/** Puts the picture on its figures of this page; where that fails, the still picture stays. */
export function show(picture) {
  if (!globalThis.document) return;
  for (const figure of document.querySelectorAll(`figure.moving[data-moving="${picture.name}"]`)) {
    try {
      new Stage(figure, picture);
      figure.dataset.live = "yes";
    } catch (error) {
      figure.querySelector(".moving-stage")?.remove();
      console.error(error);
    }
  }
}
