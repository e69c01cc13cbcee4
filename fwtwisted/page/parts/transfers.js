/** The files that are on their way, one row each, which can be filtered by what became of them. */

import { h, name, say } from "../dom.js";
import { tally } from "../uploads.js";
import { count, size } from "../words.js";
import { button, iconButton } from "./buttons.js";
import { icon } from "./icons.js";

const STATES = { waiting: "Waiting", importing: "Reading tags…", done: "Ready", skipped: "Already here", cancelled: "Cancelled", failed: "Failed" };
const FILTERS = [["all", "All"], ["busy", "On the way"], ["failed", "Problems"], ["done", "Done"]];
const GROUP = { waiting: "busy", sending: "busy", importing: "busy", done: "done", skipped: "done", cancelled: "done", failed: "failed" };

function stateWords(item) {
  if (item.state === "sending") return item.sent >= item.size ? "Finishing…" : `${size(item.sent)} of ${size(item.size)}`;
  return item.words || STATES[item.state];
}

function rowOf(app, item) {
  const words = h("span", { class: "transfer-words" });
  const bar = h("progress", { max: item.size || 1, "aria-label": `Upload of ${item.name}` });
  const actions = h("span", { class: "transfer-actions" });
  const sign = h("span", { class: "transfer-sign" });
  const row = h("li", { class: "transfer" }, sign, h("div", { class: "transfer-main" }, name("span", { class: "row-title" }, item.name), words), bar, actions);
  let drawn = null;
  row.update = () => {
    say(words, stateWords(item));
    bar.value = item.sent;
    if (drawn === item.state) return;
    drawn = item.state;
    Object.assign(row.dataset, { state: item.state, group: GROUP[item.state] });
    bar.hidden = item.state !== "sending";
    sign.replaceChildren(...signOf(item));
    actions.replaceChildren(...actionsOf(app, item));
  };
  row.update();
  return row;
}

function signOf(item) {
  const called = { done: "check", skipped: "check", failed: "warn", cancelled: "close" }[item.state];
  return called ? [icon(called)] : [h("i", { class: item.state === "waiting" ? "dot" : "spinner" })];
}

function actionsOf(app, item) {
  if (item.state === "failed" || item.state === "cancelled") return [iconButton("retry", `Try ${item.name} again`, () => app.uploads.retry(item))];
  if (item.state === "waiting" || item.state === "sending") return [iconButton("close", `Cancel ${item.name}`, () => app.uploads.cancel(item))];
  return item.track?.album ? [h("a", { class: "text-button", href: `/albums/${item.track.album.id}` }, "Show")] : [];
}

function summaryOf(items) {
  const found = tally(items);
  const over = found.done + found.skipped;
  const parts = [`${over} of ${count(items.length - found.cancelled, "file")} ready`];
  if (found.importing) parts.push(`${found.importing} being read`);
  if (found.failed) parts.push(count(found.failed, "problem"));
  return parts.join(" · ");
}

/** How far all of it is, 0 to 1, by bytes. */
function shareOf(items) {
  const counted = items.filter((item) => item.state !== "cancelled" && item.state !== "failed");
  const whole = counted.reduce((sum, item) => sum + item.size, 0);
  return whole ? counted.reduce((sum, item) => sum + item.sent, 0) / whole : 1;
}

export function transfers(ctx) {
  const { app } = ctx;
  const summary = h("p", { class: "transfer-summary", role: "status" });
  const whole = h("progress", { class: "whole", max: 1, "aria-label": "All uploads" });
  const list = h("ul", { class: "transfers", data: { show: "all" } });
  const filters = FILTERS.map(([key, label]) => h("button", { type: "button", class: "chip", "aria-pressed": String(key === "all"), onclick: () => filter(key), data: { key } }, label));
  const cancel = button("Cancel all", () => app.uploads.cancelAll(), { called: "close" });
  const retry = button("Retry failed", () => app.uploads.retryAll(), { called: "retry" });
  const tidy = button("Clear done", () => app.uploads.tidy());
  const box = h("section", { class: "card-box", hidden: true, "aria-label": "Uploads of this visit" }, h("div", { class: "section-head" }, h("h2", {}, "This visit"), summary), whole, h("div", { class: "chips" }, filters, h("span", { class: "spring" }), cancel, retry, tidy), list);
  const rows = new Map();
  let due = false;

  const filter = (key) => {
    list.dataset.show = key;
    for (const chip of filters) chip.setAttribute("aria-pressed", String(chip.dataset.key === key));
  };
  const sum = () => {
    due = false;
    const { items } = app.uploads.state.get();
    const found = tally(items);
    say(summary, summaryOf(items));
    whole.value = shareOf(items);
    whole.hidden = !found.sending && !found.waiting;
    cancel.hidden = !found.sending && !found.waiting;
    retry.hidden = !found.failed;
    tidy.hidden = !(found.done + found.skipped + found.cancelled);
  };
  const sumSoon = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(sum);
  };
  app.uploads.state.watch(({ items }) => {
    box.hidden = !items.length;
    const wanted = new Set(items);
    for (const [item, row] of rows) if (!wanted.has(item)) { row.remove(); rows.delete(item); }
    const fresh = items.filter((item) => !rows.has(item));
    for (const item of fresh) rows.set(item, rowOf(app, item));
    list.append(...fresh.map((item) => rows.get(item)));
    sum();
  }, ctx.signal);
  app.uploads.follow((item) => {
    rows.get(item)?.update();
    sumSoon();
  }, ctx.signal);
  return box;
}
