/** The playing panel: cover, controls on small screens, and the queue to reorder. */

import { h, name } from "../dom.js";
import { clock, count } from "../words.js";
import { heart, iconButton } from "./buttons.js";
import { cover, tint } from "./cover.js";
import { gripOf } from "./drag.js";
import { seekBar, transport } from "./playerbar.js";

export function makePanel(app) {
  const { player } = app;
  const stage = h("div", { class: "stage" });
  const list = h("ol", { class: "queue", "aria-label": "Queue" });
  const amount = h("span", { class: "quiet" });
  const clear = h("button", { type: "button", class: "text-button", onclick: player.clearUpcoming }, "Clear what follows");
  const shut = iconButton("down", "Close", () => toggle(false), { class: "icon-button panel-close" });
  const inner = h("div", { class: "panel-inner", tabindex: -1 }, stage, h("div", { class: "panel-controls" }, seekBar(player), transport(player)), h("div", { class: "section-head" }, h("h2", {}, "Queue"), amount, clear), list);
  const place = h("aside", { class: "panel", id: "playing", "aria-label": "Playing", inert: true }, shut, inner);
  const watchers = new Set();
  let opened = false;
  let drawn = null;
  let staged = null;
  let from = null;

  function toggle(to = !opened) {
    opened = to && Boolean(player.track);
    place.inert = !opened;
    place.classList.toggle("open", opened);
    document.body.classList.toggle("with-panel", opened);
    for (const watcher of watchers) watcher(opened);
    if (opened) {
      from = document.activeElement;
      draw(player.state.get());
      inner.focus({ preventScroll: true });
      list.querySelector(".here")?.scrollIntoView({ block: "nearest" });
    } else {
      from?.focus?.({ preventScroll: true });
    }
  }

  function draw({ queue, playing }) {
    if (!player.track && opened) return toggle(false);
    if (!opened) return null;
    if (player.track !== staged) {
      staged = player.track;
      stage.replaceChildren(...stageOf(app, staged));
      tint(place, stage.querySelector(".cover"));
    }
    if (drawn !== queue.entries) {
      drawn = queue.entries;
      list.replaceChildren(...queue.entries.map((entry) => entryRow(app, entry, list)));
    }
    [...list.children].forEach((row, index) => {
      row.classList.toggle("past", index < queue.at);
      row.classList.toggle("here", index === queue.at);
      row.classList.toggle("playing", index === queue.at && playing);
    });
    amount.textContent = count(queue.entries.length, "track");
    clear.hidden = queue.at >= queue.entries.length - 1;
    return null;
  }

  player.state.watch(draw);
  place.addEventListener("keydown", (event) => event.key === "Escape" && toggle(false));
  place.addEventListener("click", (event) => event.target.closest("a") && innerWidth < 900 && toggle(false));
  return { place, toggle: () => toggle(), close: () => opened && toggle(false), watch: (watcher) => watchers.add(watcher) };
}

function stageOf(app, track) {
  const words = h("div", { class: "stage-words" }, name(track.album ? "a" : "span", { class: "stage-title", href: track.album && `/albums/${track.album.id}` }, track.title), name("a", { class: "stage-artist", href: `/artists/${track.artist.id}` }, track.artist.name));
  return [cover(track.image, track.album?.title ?? track.title, { large: true, eager: true }), h("div", { class: "stage-line" }, words, heart(app, track))];
}

function entryRow(app, entry, list) {
  const { track, key } = entry;
  const { player } = app;
  const move = (to) => {
    player.move(key, to);
    list.querySelector(`[data-key="${key}"] .grip`)?.focus();
  };
  const row = h("li", { class: "entry", data: { key } },
    gripOf(track.title, () => row, list, move),
    h("button", { type: "button", class: "entry-main", onclick: () => player.jump(key) }, cover(track.image, track.album?.title ?? track.title, { sizes: "40px" }), h("span", { class: "entry-words" }, name("span", { class: "row-title" }, track.title), name("span", { class: "row-artist" }, track.artist.name))),
    h("span", { class: "row-time" }, track.seconds ? clock(track.seconds) : ""),
    iconButton("close", `Remove ${track.title} from the queue`, () => player.remove(key)));
  return row;
}
