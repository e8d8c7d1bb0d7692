// Native controls: sliders, switches, a field, buttons. Each calls `changed` with its new value.

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

let made = 0;

function labelled(words, input) {
  input.id = `moving-${(made += 1)}`;
  return make("label", { for: input.id }, words);
}

/** A slider, with its value in words beside it. */
function range(spec, changed) {
  const input = make("input", { type: "range", min: spec.min, max: spec.max, step: spec.step });
  const output = make("span", { class: "moving-value", "aria-hidden": "true" });
  input.addEventListener("input", () => changed(Number(input.value)));
  const update = (value, state) => {
    const max = spec.last ? spec.last(state) : spec.max;
    input.max = max;
    input.disabled = max <= spec.min;
    input.value = value;
    const words = spec.text(value, state);
    output.textContent = words;
    input.setAttribute("aria-valuetext", spec.aloud ? spec.aloud(value, state) : words);
  };
  return { element: make("div", { class: "moving-range" }, labelled(spec.label, input), input, output), update };
}

/** A switch: a box to tick. */
function toggle(spec, changed) {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => changed(input.checked));
  const update = (value) => (input.checked = value);
  return { element: make("div", { class: "moving-toggle" }, input, labelled(spec.label, input)), update };
}

/** A button that says what it will do, which depends on the value. */
function flip(spec, changed) {
  const button = make("button", { type: "button" });
  let now;
  button.addEventListener("click", () => changed(!now));
  const update = (value) => {
    now = value;
    button.textContent = spec.label(value);
  };
  return { element: make("div", {}, button), update };
}

/** A field for a word; what cannot be used is left out, and the field shows what is used when it is left. */
function field(spec, changed) {
  const input = make("input", { type: "text", size: 12, autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  let used;
  input.addEventListener("input", () => spec.clean(input.value) && changed(spec.clean(input.value)));
  input.addEventListener("blur", () => (input.value = used));
  const update = (value) => {
    used = value;
    if (document.activeElement !== input) input.value = value;
  };
  return { element: make("div", { class: "moving-field" }, labelled(spec.label, input), input), update };
}

const kinds = { range, toggle, flip, field };
export const control = (spec, changed) => kinds[spec.kind](spec, changed);
