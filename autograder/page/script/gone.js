// All that is loaded at a press lies in one folder, named by its content: a website that is renewed has another one.

/** Is that folder no longer there? Then pressing again is in vain, and the page has to be loaded anew. */
export async function gone(folder) {
  const answer = await fetch(new URL("index.json", folder), { cache: "no-store" }).catch(() => undefined);
  return answer?.status === 404;
}

export const RENEWED = "This website was renewed while the page was open: reload the page (your code is kept).";
