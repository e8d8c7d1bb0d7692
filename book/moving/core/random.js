/** A small generator (mulberry32): the same numbers from the same seed in every browser. -> () => a number in -1..1. */
export function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (2 * ((mixed ^ (mixed >>> 14)) >>> 0)) / 2 ** 32 - 1;
  };
}

/** rows x columns numbers in -1..1. */
export function table(seed, rows, columns) {
  const draw = uniform(seed);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, draw));
}
