/** Adding music: which library, files and folders, how far they are, and what was uploaded before. */

import { h } from "../dom.js";
import { button } from "../parts/buttons.js";
import { chosen } from "../parts/drop.js";
import { icon } from "../parts/icons.js";
import { awaited, rowSkeletons } from "../parts/states.js";
import { libraryChooser } from "../parts/libraries.js";
import { quotaOf } from "../parts/account.js";
import { transfers } from "../parts/transfers.js";
import { earlier } from "../parts/earlier.js";

const KNOWN = ["mp3", "flac", "ogg", "opus", "m4a", "aac", "wav", "aiff", "wma"];

/** A button that opens the browser's file chooser. */
function picker(label, called, props, took) {
  const input = h("input", { type: "file", "aria-label": label, class: "unseen", tabindex: -1, multiple: true, ...props, onchange: () => { took(chosen(input)); input.value = ""; } });
  return h("span", {}, input, button(label, () => input.click(), { kind: called === "folder" ? "plain" : "primary", called }));
}

/** The kinds that people know; there may be more. */
function kindsOf(extensions) {
  const known = KNOWN.filter((kind) => extensions.includes(kind));
  return known.length ? ` ${known.join(", ")}${known.length < extensions.length ? " and more" : ""}.` : "";
}

function dropZone(app) {
  const kinds = app.session.pod.extensions;
  const accept = kinds.length ? kinds.map((kind) => `.${kind}`).join(",") : "audio/*";
  return h("div", { class: "zone" }, h("div", { class: "state-icon" }, icon("upload")), h("h2", {}, "Drop music here"), h("p", { class: "quiet" }, "Files or whole folders, anywhere on the page.", kindsOf(kinds)),
    h("div", { class: "actions" }, picker("Choose files", "upload", { accept, data: { pick: "files" } }, app.addFiles), picker("Choose a folder", "folder", { webkitdirectory: true, data: { pick: "folder" } }, app.addFiles)));
}

function quotaLine(ctx) {
  const line = h("p", { class: "quiet" });
  ctx.app.session.state.watch(({ me }) => { line.textContent = quotaOf(me)?.words ?? ""; }, ctx.signal);
  return line;
}

export function upload(ctx) {
  const { app } = ctx;
  ctx.title("Add music");
  const head = h("div", { class: "page-head" }, h("h1", { tabindex: -1 }, "Add music"), h("div", { class: "page-actions" }, quotaLine(ctx)));
  const chooser = awaited(ctx, "libraries", () => rowSkeletons(1), () => app.libraries.load(), () => libraryChooser(ctx));
  return h("div", { class: "upload" }, head, chooser, dropZone(app), transfers(ctx), earlier(ctx));
}
