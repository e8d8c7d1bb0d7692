// What a step claims: it ends the step, and says what was there instead.

export function equal(found, wanted, what) {
  if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}

export function holds(found, what) {
  if (!found) throw new Error(what);
}

/** A text says something: a string stands in it, or a pattern is found. */
export function says(text, wanted, what) {
  const flat = text.replace(/\s+/g, " ");
  if (!(wanted instanceof RegExp ? wanted.test(flat) : flat.includes(wanted))) {
    throw new Error(`${what} does not say ${wanted}, but: ${flat.slice(0, 600)}`);
  }
}

/** The answer to `rnn_step` whose body is this line. */
export const answer = (...lines) =>
  `def rnn_step(x, h_prev, Wx, Wh, b):\n${lines.map((line) => `    ${line}\n`).join("")}`;
