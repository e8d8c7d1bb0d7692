// How many of each chapter's exercises are solved in this browser.
import { passed, watch } from "./keep.js";

/** "3 of 8 solved in this browser", with a sign once it is all. */
export function words(names, isPassed = (name) => passed(name) !== null) {
  const done = names.filter(isPassed).length;
  return `${done === names.length ? "✓ " : ""}${done} of ${names.length} solved in this browser`;
}

export function showProgress() {
  const counts = document.querySelectorAll(".live-count");
  const show = () => {
    for (const count of counts) count.textContent = words(count.dataset.exercises.split(" "));
  };
  if (!counts.length) return;
  show();
  watch(show);
  addEventListener("pageshow", show); // the reader comes back from a page on which one was solved
}
