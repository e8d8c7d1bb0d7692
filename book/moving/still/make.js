// The still pictures, for pages without scripts and for print, made by the code that moves:
// node book/moving/still/make.js [FOLDER]
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { picture as gates } from "../gates.js";
import { toText } from "../svg.js";
import { picture as unroll } from "../unroll.js";
import { picture as vanish } from "../vanish.js";
import { picture as word } from "../word.js";

const WIDTH = 352;

/** The picture as it starts, or as `still` has it. */
function still(picture) {
  const { height, shapes } = picture.draw({ ...picture.start, ...picture.still }, WIDTH);
  return `${toText(["svg", { viewBox: `0 0 ${WIDTH} ${height}`, xmlns: "http://www.w3.org/2000/svg" }, ...shapes])}\n`;
}

const folder = process.argv[2] ?? dirname(fileURLToPath(import.meta.url));
for (const picture of [unroll, gates, vanish, word]) writeFileSync(join(folder, `${picture.name}.svg`), still(picture));
