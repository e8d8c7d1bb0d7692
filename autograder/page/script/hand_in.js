// The chapter's notebook with the reader's answers in it, to hand in or to go on with in Jupyter.
import { gone, RENEWED } from "./gone.js";

/** The notebook with the kept answers in the place of the starters, and how many there are. */
export function filled(notebook, answer) {
  let count = 0;
  const cells = notebook.cells.map((cell) => {
    const kept = cell.cell_type === "code" && cell.metadata.nbgrader?.solution ? answer(cell.id) : null;
    if (kept === null) return cell;
    count += 1;
    return { ...cell, source: kept };
  });
  return { notebook: { ...notebook, cells }, count };
}

export async function handIn(place, answerTo) {
  const { chapter } = place.dataset;
  const status = (words) => (place.querySelector(".live-status").textContent = words);
  try {
    const answer = await fetch(new URL(`notebooks/${chapter}.ipynb`, import.meta.url));
    if (!answer.ok) throw new Error(`${chapter}.ipynb: ${answer.status}`);
    const { notebook, count } = filled(await answer.json(), answerTo);
    download(`${chapter}.ipynb`, `${JSON.stringify(notebook, null, 1)}\n`);
    const answers = count === 1 ? "one answer of yours" : `${count} answers of yours`;
    const none = "has no answer of yours yet: this browser has kept none";
    status(`${chapter}.ipynb ${count ? `has ${answers} in it` : none}.`);
  } catch (error) {
    console.error(error);
    const lost = "The notebook could not be loaded. Are you online? Press again; if it stays so, reload the page.";
    status((await gone(import.meta.url)) ? RENEWED : lost);
  }
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
