// Python of the page under Node: `node page.mjs RUNTIME LIVE ASKED` prints, for each of a JSON list of [what, ...args],
// a line of JSON: what the function of that name in asked.py answers. RUNTIME and LIVE are folders as the website has
// them, ASKED is a file.
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
python.runPython(fs.readFileSync(new URL("./asked.py", import.meta.url), "utf8"));
for (const [what, ...args] of JSON.parse(fs.readFileSync(process.argv[4], "utf8"))) {
  console.log(python.globals.get(what)(...args.map((each) => python.toPy(each))));
}
