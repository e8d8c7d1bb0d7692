// Python, in a worker of its own, for all cells of the page: one question at a time. It starts at the first question,
// and again after it was stopped or has broken.
import { byTheReader } from "./ends.js";

/** Why there is no answer: `kind` is missing, corrupt, memory, recursion, exit, broken or stopped. */
export class Trouble extends Error {
  constructor(kind, text = "") {
    super(text || kind);
    this.kind = kind;
  }
}

export class Python {
  constructor(start) {
    this.start = start;
    this.asked = 0;
    this.failed = 0;
  }

  get busy() {
    return this.waiting !== undefined;
  }

  /** The answer to a question; `said` is called with each stage on the way. Rejects with Trouble. */
  ask(question, said) {
    this.worker ??= this.begin();
    return new Promise((resolve, reject) => {
      this.waiting = { id: (this.asked += 1), resolve, reject, said };
      this.worker.postMessage({ id: this.waiting.id, ...question });
    });
  }

  begin() {
    const worker = this.start(this.failed);
    worker.onmessage = ({ data }) => worker === this.worker && this.hear(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      if (worker === this.worker) this.give(new Trouble(event.message ? "broken" : "missing", event.message || "worker.js"));
    };
    return worker;
  }

  hear({ id, stage, result, problem, tired }) {
    if (stage) this.waiting?.said(stage);
    else if (problem && !problem.well) this.give(new Trouble(problem.kind, problem.text));
    else if (this.waiting?.id === id) {
      const { resolve, reject } = this.waiting;
      this.waiting = undefined;
      if (problem) return reject(new Trouble(problem.kind, problem.text));
      if (tired) this.renew();
      resolve(result);
    }
  }

  /** The worker is given up; a question that waits is told why. */
  give(trouble) {
    if (!byTheReader(trouble.kind)) this.failed += 1;
    this.worker?.terminate();
    this.worker = undefined;
    const waiting = this.waiting;
    this.waiting = undefined;
    waiting?.reject(trouble);
  }

  /** Ends whatever runs. */
  stop() {
    this.give(new Trouble("stopped"));
    this.renew();
  }

  /** Another Python in the place of this one, started now, so that the next press is quick. */
  renew() {
    this.worker?.terminate();
    this.worker = this.begin();
    this.worker.postMessage({ id: (this.asked += 1), do: "warm" });
  }
}
