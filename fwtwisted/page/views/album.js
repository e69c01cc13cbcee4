/** One album: its cover, and its tracks by disc and position. */

import { h, name } from "../dom.js";
import { discs, imageOf } from "../music.js";
import { button, iconButton } from "../parts/buttons.js";
import { tracksOf } from "../parts/cards.js";
import { cover, tint } from "../parts/cover.js";
import { editItem } from "../parts/edit.js";
import { openMenu } from "../parts/menu.js";
import { playlistItem, similarItem } from "../parts/playlists.js";
import { awaited, empty, rowSkeletons } from "../parts/states.js";
import { trackRow } from "../parts/tracklist.js";
import { count, length, year } from "../words.js";

async function read({ app, id }, signal) {
  const [album, tracks] = await Promise.all([app.api.get(`albums/${id}/`, {}, signal), tracksOf(app, "album", id, signal)]);
  return { album, tracks };
}

/** Play, shuffle and the queue, for any collection of tracks; `more` stands below in the menu. */
export function playActions(app, tracks, ...more) {
  const queueMenu = (event) => openMenu(event.currentTarget, [
    { label: "Play next", called: "afterThis", act: () => { app.player.playNext(tracks()); app.tell("These play next."); } },
    { label: "Add to queue", called: "add", act: () => { app.player.append(tracks()); app.tell("Added to the queue."); } },
    playlistItem(app, tracks),
    ...more,
  ]);
  return h("div", { class: "actions" },
    button("Play", () => app.player.start(tracks()), { kind: "primary", called: "play" }),
    button("Shuffle", () => app.player.startShuffled(tracks()), { called: "shuffle" }),
    iconButton("more", "More", queueMenu, { "aria-haspopup": "menu" }));
}

function heroOf(app, album, tracks) {
  const art = cover(imageOf(album.cover, app.api.own), album.title, { large: true, eager: true, alt: `Cover of ${album.title}` });
  const seconds = tracks.reduce((sum, track) => sum + (track.seconds ?? 0), 0);
  const facts = [year(album.release_date), count(tracks.length || album.tracks_count, "track"), seconds > 0 && length(seconds)].filter(Boolean);
  const hero = h("header", { class: "hero" }, art, h("div", { class: "hero-words" },
    h("p", { class: "kind" }, "Album"),
    name("h1", { tabindex: -1 }, album.title),
    h("p", { class: "byline" }, name("a", { href: `/artists/${album.artist.id}` }, album.artist.name), h("span", { class: "quiet" }, facts.join(" · "))),
    tracks.length > 0 && playActions(app, () => tracks, similarItem(app, tracks[0]), editItem(app, "album", album.id))));
  tint(hero, art);
  return hero;
}

function tracksByDisc(app, album, tracks) {
  const rows = (some) => h("ol", { class: "rows" }, some.map((track) => trackRow(app, track, { list: () => tracks, style: "numbers", number: track.position, albumArtist: album.artist.id })));
  const found = discs(tracks);
  if (found.length === 1) return rows(tracks);
  return found.map(([disc, some]) => h("section", { class: "disc" }, h("h2", { class: "disc-head" }, `Disc ${disc}`), rows(some)));
}

function show(ctx, { album, tracks }) {
  const { app } = ctx;
  ctx.title(`${album.title} – ${album.artist.name}`);
  const tags = (album.tags ?? []).map((tag) => h("a", { class: "chip", href: `/albums?tag=${encodeURIComponent(tag)}` }, `#${tag}`));
  const none = () => empty("note", "Nothing to play here", "The files of this album are not shared with you, or are gone.");
  return h("div", {}, heroOf(app, album, tracks), tracks.length ? tracksByDisc(app, album, tracks) : none(), tags.length > 0 && h("div", { class: "chips" }, tags));
}

export function heroSkeleton() {
  return h("div", { "aria-hidden": "true" }, h("div", { class: "hero" }, h("div", { class: "bone cover" }), h("div", { class: "hero-words" }, h("div", { class: "bone line tall" }), h("div", { class: "bone line short" }))), rowSkeletons(8));
}

export function album(ctx) {
  return awaited(ctx, "album", heroSkeleton, (signal) => read(ctx, signal), (found) => show(ctx, found));
}

/** A track's address leads to its album, or to its artist when it has none. */
export function track(ctx) {
  const { app, id } = ctx;
  const lead = (found) => {
    app.go(found.album ? `/albums/${found.album.id}` : `/artists/${found.artist.id}`, { replace: true });
    return h("div", {});
  };
  return awaited(ctx, "track", heroSkeleton, (signal) => app.api.get(`tracks/${id}/`, {}, signal), lead);
}
