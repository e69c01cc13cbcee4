/** What was uploaded before, with what became of it. */

import { h, name } from "../dom.js";
import { importWords } from "../problems.js";
import { ago, clock, size } from "../words.js";
import { iconButton } from "./buttons.js";
import { sectionHead } from "./cards.js";
import { icon } from "./icons.js";
import { pager } from "./pager.js";
import { rowSkeletons } from "./states.js";

const FILTERS = [["", "All"], ["errored", "Problems"], ["pending", "Being read"], ["skipped", "Already here"], ["finished", "Ready"]];
const SIGNS = { finished: "check", skipped: "check", errored: "warn" };

function titleOf(upload) {
  return upload.track?.title ?? upload.source?.replace(/^upload:\/\//, "") ?? upload.filename ?? "Untitled";
}

function wordsOf(upload) {
  const facts = [upload.track?.artist?.name, upload.duration && clock(upload.duration), size(upload.size ?? NaN), ago(upload.creation_date)];
  return importWords(upload) || facts.filter(Boolean).join(" · ");
}

function rowOf(app, upload) {
  const title = titleOf(upload);
  const again = async () => {
    try {
      await app.api.post("uploads/action/", { action: "relaunch_import", objects: [upload.uuid], filters: {} });
      watchAgain(app, row, upload);
    } catch (error) {
      app.tell(error.message);
    }
  };
  const drop = async () => {
    try {
      await app.api.remove(`uploads/${upload.uuid}/`);
      row.remove();
      app.tell(`“${title}” is deleted.`);
      app.session.refresh().catch(() => null);
    } catch (error) {
      app.tell(error.message);
    }
  };
  const album = upload.track?.album;
  const sign = SIGNS[upload.import_status];
  const row = h("li", { class: "transfer", data: { state: { finished: "done", errored: "failed", skipped: "skipped" }[upload.import_status] ?? "importing" } },
    h("span", { class: "transfer-sign" }, sign ? icon(sign) : h("i", { class: "dot" })),
    h("div", { class: "transfer-main" }, name(album ? "a" : "span", { class: "row-title", href: album && `/albums/${album.id}` }, title), h("span", { class: "transfer-words" }, wordsOf(upload))),
    h("span", { class: "transfer-actions" },
      upload.import_status === "errored" && iconButton("retry", `Import ${title} again`, again),
      iconButton("trash", `Delete ${title}`, () => app.confirm(`Delete “${title}”?`, "The file is removed from this server.", "Delete", drop))));
  return row;
}

/** Show that an upload is read again, until it is known what became of it or it takes too long to wait for. */
async function watchAgain(app, row, upload, tries = 8) {
  const shown = rowOf(app, { ...upload, import_status: "pending", import_details: {} });
  row.replaceWith(shown);
  for (let left = tries; left > 0 && shown.isConnected; left -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const { results } = await app.api.get("uploads/", { import_reference: upload.import_reference }).catch(() => ({ results: [] }));
    const found = results.find((one) => one.uuid === upload.uuid);
    if (!found || found.import_status === "pending") continue;
    shown.replaceWith(rowOf(app, found));
    return;
  }
}

export function earlier(ctx) {
  const { app } = ctx;
  const place = h("div", {});
  const chips = FILTERS.map(([status, label]) => h("button", { type: "button", class: "chip", data: { status }, onclick: () => list(status) }, label));
  const list = (status) => {
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chip.dataset.status === status));
    place.replaceChildren(pager(ctx, `earlier-${status}`, {
      path: "uploads/", query: { ordering: "-creation_date", import_status: status, page_size: 25 },
      holder: h("ul", { class: "transfers" }), draw: (uploads) => uploads.map((upload) => rowOf(app, upload)),
      skeleton: () => rowSkeletons(3), none: () => h("p", { class: "quiet" }, status ? "None of these." : "What you upload will be listed here."),
    }));
  };
  list("");
  return h("section", {}, sectionHead("All your uploads"), h("div", { class: "chips" }, chips), place);
}
