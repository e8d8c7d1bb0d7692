// Python of the page under Node: `node judge.mjs RUNTIME LIVE CASES` prints, for each of a JSON list of {exercise, text, seed},
// a line of JSON: the whole verdict. RUNTIME and LIVE are folders as the website has them, CASES is a file.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [runtime, live] = process.argv.slice(2, 4).map((folder) => path.resolve(folder) + path.sep);
const { loadPyodide } = await import(pathToFileURL(runtime + "pyodide.mjs"));

// Under Node packages are read from the disk, so the lock file's names are made paths; checksums are compared all the same.
const lock = JSON.parse(fs.readFileSync(live + "lock.json", "utf8"));
lock.packages.numpy.file_name = runtime + lock.packages.numpy.file_name;
lock.packages.unrolled.file_name = live + lock.packages.unrolled.file_name;
const lockFile = path.join(fs.mkdtempSync(path.join(process.env.TMPDIR ?? "/tmp", "page-")), "lock.json");
fs.writeFileSync(lockFile, JSON.stringify(lock));

const python = await loadPyodide({ indexURL: runtime, lockFileURL: lockFile });
await python.loadPackage("unrolled", { messageCallback: () => {} });
python.FS.mkdir("/bank");
python.FS.mount(python.FS.filesystems.NODEFS, { root: live + "bank" }, "/bank");
python.runPython(fs.readFileSync(new URL("./judge.py", import.meta.url), "utf8"));
const judge = python.globals.get("judge");
for (const { exercise, text, seed } of JSON.parse(fs.readFileSync(process.argv[4], "utf8"))) {
  console.log(judge(exercise, text, seed));
}
