// Which of the files that Python needs is missing or damaged. Each is fetched anew, past what the browser has kept:
// so the next press finds it well, once it is well. CORE has the SHA-256 of each file of Pyodide's core, by name.

/** {kind, text} for the first file that is wrong, undefined where none is. */
export async function damage(here, there) {
  const lock = await look(new URL("lock.json", here));
  if (lock.kind) return lock;
  let packages;
  try {
    packages = Object.values(JSON.parse(new TextDecoder().decode(lock.bytes)).packages);
  } catch {
    return { kind: "corrupt", text: "lock.json" };
  }
  const files = [
    ...Object.entries(CORE).map(([name, sha256]) => [new URL(name, there), sha256]),
    ...packages.map(({ name, file_name, sha256 }) => [new URL(file_name, name === "numpy" ? there : here), sha256]),
    [new URL("index.json", here)],
  ];
  const found = await Promise.all(files.map(([url, sha256]) => look(url, sha256)));
  return found.find(({ kind }) => kind);
}

async function look(url, sha256) {
  const name = url.pathname.split("/").at(-1);
  let answer;
  try {
    answer = await fetch(url, { cache: "reload" });
    if (!answer.ok) return { kind: "missing", text: `${name} (${answer.status})` };
    const bytes = await answer.arrayBuffer();
    if (sha256 && globalThis.crypto?.subtle && (await digest(bytes)) !== sha256) return { kind: "corrupt", text: name };
    return { bytes };
  } catch {
    return { kind: "missing", text: name };
  }
}

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
