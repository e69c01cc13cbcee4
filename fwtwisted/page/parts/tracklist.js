/** Tracks as rows: play on click, heart, menu; the row that plays is marked wherever it stands. */

import { h, name, unseen } from "../dom.js";
import { trackOf } from "../music.js";
import { clock } from "../words.js";
import { heart, iconButton } from "./buttons.js";
import { cover } from "./cover.js";
import { editItem } from "./edit.js";
import { icon } from "./icons.js";
import { openMenu } from "./menu.js";
import { pager } from "./pager.js";
import { playlistItem, similarItem } from "./playlists.js";
import { rowSkeletons } from "./states.js";

/** What can be done with a track; `more` stands below the rest. */
export function trackMenu(app, track, { onAlbum = false, more = [] } = {}) {
  const playable = track.files.length > 0;
  const added = (words) => app.tell(`“${track.title}” ${words}.`);
  return [
    playable && { label: "Play next", called: "afterThis", act: () => { app.player.playNext([track]); added("plays next"); } },
    playable && { label: "Add to queue", called: "add", act: () => { app.player.append([track]); added("is in the queue"); } },
    playlistItem(app, () => [track]),
    similarItem(app, track),
    track.album && !onAlbum && { label: "Go to album", called: "albums", href: `/albums/${track.album.id}` },
    { label: "Go to artist", called: "artists", href: `/artists/${track.artist.id}` },
    editItem(app, "track", track.id),
    ...more,
  ];
}

/**
 * One row. `list()` gives the tracks that play on from here; `style` is "numbers" or "covers"; `grip` stands before it
 * all, `more` below the rest of its menu.
 */
export function trackRow(app, track, { list, style = "covers", albumArtist = null, number = null, grip = null, more = [] }) {
  const playable = track.files.length > 0;
  const play = () => {
    if (!playable) return app.tell("There is no file of this track that you may play.");
    if (app.player.track?.id === track.id) return app.player.toggle();
    const tracks = list();
    return app.player.start(tracks, tracks.indexOf(track));
  };
  const onAlbum = style === "numbers";
  const lead = h("button", { type: "button", class: "row-play", "aria-label": `Play ${track.title}`, onclick: play },
    onAlbum ? h("span", { class: "row-number" }, number ?? "·") : cover(track.image, track.album?.title ?? track.title, { sizes: "44px" }),
    h("span", { class: "row-icon" }, icon("play")), h("span", { class: "bars", "aria-hidden": "true" }, h("i"), h("i"), h("i")));
  const artist = track.artist.id !== albumArtist && name("a", { class: "row-artist", href: `/artists/${track.artist.id}` }, track.artist.name);
  const menu = iconButton("more", `More about ${track.title}`, (event) => openMenu(event.currentTarget, trackMenu(app, track, { onAlbum, more })), { "aria-haspopup": "menu" });
  const row = h("li", { class: `row ${style}${playable ? "" : " unplayable"}${grip ? " sortable" : ""}`, data: { track: track.id } },
    grip, lead,
    h("div", { class: "row-main" }, name("span", { class: "row-title" }, track.title), artist),
    !onAlbum && h("div", { class: "row-album" }, track.album && name("a", { href: `/albums/${track.album.id}` }, track.album.title)),
    h("div", { class: "row-heart" }, heart(app, track)),
    h("span", { class: "row-time" }, unseen("Duration "), track.seconds ? clock(track.seconds) : ""),
    menu);
  row.addEventListener("click", (event) => {
    const touch = matchMedia("(hover: none)").matches;
    if (touch && !event.target.closest("a, button")) play();
  });
  row.addEventListener("dblclick", (event) => !event.target.closest("a, button") && play());
  markRow(row, app.player);
  return row;
}

/** Show on a row whether its track is the one that plays. */
export function markRow(row, player) {
  const here = player.track?.id === Number(row.dataset.track);
  const { playing } = player.state.get();
  row.classList.toggle("here", here);
  row.classList.toggle("playing", here && playing);
  if (here) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}

/** A list of rows; `tracks` may grow afterwards, playing always goes on through all of them. */
export function trackList(app, tracks, options = {}) {
  const list = h("ol", { class: "rows" });
  const rows = (some) => some.map((track) => trackRow(app, track, { list: () => tracks, number: track.position, ...options }));
  list.append(...rows(tracks));
  return list;
}

/** A list of tracks that goes on; `pick(item)` finds the track in an item of the server's list. */
export function trackPager(ctx, key, { path, query, none, pick = (item) => item, counted, ...options }) {
  const tracks = [];
  const draw = (items) => {
    const fresh = items.map((item) => trackOf(pick(item), ctx.app.api.own));
    tracks.push(...fresh);
    return fresh.map((track) => trackRow(ctx.app, track, { list: () => tracks, ...options }));
  };
  return pager(ctx, key, { path, query, holder: h("ol", { class: "rows" }), draw, skeleton: () => rowSkeletons(6), none, counted });
}
