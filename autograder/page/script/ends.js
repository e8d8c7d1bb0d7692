// How a reader's code can end Python itself, where no check and no traceback is left to tell of it.

const ENDS = {
  recursion: /maximum call stack|too much recursion/i, // V8's words, and SpiderMonkey's
  exit: /program terminated with exit/i,
  memory: /memory|array buffer allocation/i,
};

/** Which of these it was, by the words with which Python broke off; undefined for another reason. */
export function endOf(text) {
  return Object.keys(ENDS).find((kind) => ENDS[kind].test(text));
}

/** Was it the reader's code, or the reader, that ended Python? Then starting it had not failed. */
export function byTheReader(kind) {
  return kind === "stopped" || kind in ENDS;
}
