/** Files and whole folders dropped anywhere on the page. */

import { h } from "../dom.js";
import { icon } from "./icons.js";
import { natural } from "../words.js";

/** Call `dropped(files)` with what was let go on the page; `words()` is what the page says meanwhile. */
export function followDrops(words, dropped) {
  const text = h("p", {});
  const veil = h("div", { class: "veil", "aria-hidden": "true" }, h("div", { class: "veil-inner" }, icon("upload"), text));
  document.body.append(veil);
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const cover = (on) => veil.classList.toggle("on", on);
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    text.textContent = words();
    cover(true);
  });
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("dragleave", (event) => !event.relatedTarget && cover(false));
  addEventListener("drop", async (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    cover(false);
    dropped(await filesOf(event.dataTransfer));
  });
}

/** All files of a drop, folders opened, in natural order; each knows its `path` inside what was dropped. */
async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return inOrder((await Promise.all(entries.map(opened))).flat());
}

async function opened(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
    return file ? [Object.assign(file, { path: entry.fullPath.slice(1) })] : [];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (!some.length) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(opened))).flat();
}

/** Files chosen by an input, with the paths that a chosen folder gives them. */
export function chosen(input) {
  return inOrder([...input.files].map((file) => Object.assign(file, { path: file.webkitRelativePath || file.name })));
}

function inOrder(files) {
  return files.sort((a, b) => natural(a.path, b.path));
}
