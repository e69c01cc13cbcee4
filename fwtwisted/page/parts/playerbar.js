/** The bar at the foot of the page, and the controls that it shares with the playing panel. */

import { h, name, say } from "../dom.js";
import { clock as clocked, spoken } from "../words.js";
import { heart, iconButton, relabel } from "./buttons.js";
import { cover } from "./cover.js";
import { slider } from "./slider.js";

const REPEAT = { off: "Repeat is off", all: "Repeating the queue", one: "Repeating this track" };

/** Shuffle, previous, play, next, repeat. */
export function transport(player) {
  const shuffle = iconButton("shuffle", "Shuffle", player.shuffle, { class: "icon-button toggle" });
  const previous = iconButton("previous", "Previous", player.previous);
  const play = iconButton("play", "Play", player.toggle, { class: "icon-button play-button" });
  const next = iconButton("next", "Next", player.next);
  const repeat = iconButton("repeat", REPEAT.off, player.repeat, { class: "icon-button toggle" });
  player.state.watch(({ queue, playing, waiting }) => {
    relabel(play, playing ? "pause" : "play", playing ? "Pause" : "Play");
    relabel(repeat, "repeat", REPEAT[queue.repeat]);
    play.classList.toggle("waiting", waiting);
    shuffle.setAttribute("aria-pressed", String(queue.shuffle));
    repeat.setAttribute("aria-pressed", String(queue.repeat !== "off"));
    repeat.classList.toggle("one", queue.repeat === "one");
  });
  return h("div", { class: "transport", role: "group", "aria-label": "Playback" }, shuffle, previous, play, next, repeat);
}

/** Where the track is, to be dragged. */
export function seekBar(player) {
  const at = h("span", { class: "time" }, "0:00");
  const all = h("span", { class: "time" }, "0:00");
  const bar = slider("Seek", { step: 0.1, changed: player.seek, moving: (value) => say(at, clocked(value)) });
  player.clock.watch((time) => {
    bar.show(time.at, Math.max(time.length, 0.1), `${spoken(time.at)} of ${spoken(time.length)}`);
    bar.style.setProperty("--buffered", `${time.length ? Math.min(100, (100 * time.buffered) / time.length) : 0}%`);
    if (!bar.held) say(at, clocked(time.at));
    say(all, clocked(time.length));
  });
  return h("div", { class: "seek" }, at, bar, all);
}

function volumeControl(player) {
  const mute = iconButton("volume", "Mute", player.mute);
  const bar = slider("Volume", { max: 1, step: 0.02, moving: player.volume });
  bar.addEventListener("change", () => { bar.held = false; });
  player.state.watch(({ volume, muted }) => {
    relabel(mute, muted || volume === 0 ? "muted" : "volume", muted ? "Unmute" : "Mute");
    bar.show(muted ? 0 : volume, 1, `${Math.round((muted ? 0 : volume) * 100)} percent`);
  });
  return h("div", { class: "volume" }, mute, bar);
}

/** `openPanel()` shows the playing panel. */
export function playerBar(app, panel) {
  const { player } = app;
  const now = h("div", { class: "bar-now" });
  const open = iconButton("queue", "Queue", panel.toggle, { class: "icon-button toggle", "aria-controls": "playing", "aria-expanded": "false" });
  const small = h("div", { class: "bar-small" }, iconButton("play", "Play", player.toggle), iconButton("next", "Next", player.next));
  const thread = h("div", { class: "bar-thread", "aria-hidden": "true" });
  const bar = h("section", { class: "bar", "aria-label": "Player", hidden: true }, thread, now, h("div", { class: "bar-middle" }, transport(player), seekBar(player)), h("div", { class: "bar-right" }, volumeControl(player), open), small);
  let shown = null;

  player.state.watch(({ playing }) => {
    const { track } = player;
    bar.hidden = !track;
    document.body.classList.toggle("with-bar", Boolean(track));
    relabel(small.firstChild, playing ? "pause" : "play", playing ? "Pause" : "Play");
    if (track === shown) return;
    shown = track;
    now.replaceChildren(...(track ? nowOf(app, track, panel) : []));
  });
  player.clock.watch(({ at, length }) => thread.style.setProperty("--at", `${length ? (100 * at) / length : 0}%`));
  app.session.state.watch((fresh, before) => fresh.me !== before.me && player.track && now.replaceChildren(...nowOf(app, player.track, panel)));
  panel.watch((opened) => {
    open.setAttribute("aria-expanded", String(opened));
    open.setAttribute("aria-pressed", String(opened));
  });
  return bar;
}

function nowOf(app, track, panel) {
  const open = h("button", { type: "button", class: "bar-cover", "aria-label": "Show what is playing", onclick: panel.toggle }, cover(track.image, track.album?.title ?? track.title, { sizes: "56px", eager: true }));
  const title = track.album ? name("a", { class: "bar-title", href: `/albums/${track.album.id}` }, track.title) : name("span", { class: "bar-title" }, track.title);
  return [open, h("div", { class: "bar-words" }, title, name("a", { class: "bar-artist", href: `/artists/${track.artist.id}` }, track.artist.name)), heart(app, track)].filter(Boolean);
}
