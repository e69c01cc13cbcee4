/** Search as you type: artists, albums and tracks side by side; each can be shown in full. */

import { h } from "../dom.js";
import { trackOf } from "../music.js";
import { albumCard, artistCard, sectionHead } from "../parts/cards.js";
import { pager } from "../parts/pager.js";
import { awaited, cardSkeletons, empty } from "../parts/states.js";
import { trackPager, trackRow } from "../parts/tracklist.js";

const KINDS = { artists: "Artists", albums: "Albums", tracks: "Tracks" };
const FIRST = { artists: 6, albums: 12, tracks: 12 };

function everywhere({ app }, q, signal) {
  const kinds = Object.keys(KINDS);
  const asked = kinds.map((kind) => app.api.get(`${kind}/`, { q, playable: true, page_size: FIRST[kind] }, signal));
  return Promise.all(asked).then((pages) => Object.fromEntries(kinds.map((kind, index) => [kind, pages[index]])));
}

function found(ctx, q, pages) {
  const { app } = ctx;
  if (Object.values(pages).every((page) => !page.results.length)) {
    return empty("search", `Nothing found for “${q}”`, "Try fewer letters, or another spelling. Only music that you may play is searched.");
  }
  const link = (kind) => (pages[kind].next ? `/search?${new URLSearchParams({ q, in: kind })}` : null);
  const section = (kind, body) => pages[kind].results.length > 0 && h("section", {}, sectionHead(KINDS[kind], link(kind), `All ${pages[kind].count}`), body);
  const tracks = pages.tracks.results.map((track) => trackOf(track, app.api.own));
  return h("div", {},
    section("artists", h("div", { class: "grid row-of-cards" }, pages.artists.results.map((artist) => artistCard(app, artist)))),
    section("albums", h("div", { class: "grid row-of-cards two" }, pages.albums.results.map((album) => albumCard(app, album)))),
    section("tracks", h("ol", { class: "rows" }, tracks.map((track) => trackRow(app, track, { list: () => tracks })))));
}

function inFull(ctx, kind, q) {
  const { app } = ctx;
  const list = { path: `${kind}/`, query: { q, playable: true, page_size: 48 }, none: () => empty("search", `Nothing found for “${q}”`) };
  if (kind === "tracks") return trackPager(ctx, "found", list);
  const card = kind === "artists" ? artistCard : albumCard;
  return pager(ctx, "found", { ...list, holder: h("div", { class: "grid" }), draw: (items) => items.map((item) => card(app, item)), skeleton: () => cardSkeletons(12, kind === "artists") });
}

export function search(ctx) {
  const q = (ctx.query.get("q") ?? "").trim();
  const kind = ctx.query.get("in");
  ctx.title(q ? `“${q}”` : "Search");
  if (!q) return h("div", {}, h("h1", { class: "unseen", tabindex: -1 }, "Search"), empty("search", "What would you like to hear?", "Type the name of an artist, an album or a track."));
  const title = h("h1", { class: kind in KINDS ? "" : "unseen", tabindex: -1 }, kind in KINDS ? `${KINDS[kind]} for “${q}”` : `Found for “${q}”`);
  const body = kind in KINDS ? inFull(ctx, kind, q) : awaited(ctx, "search", () => cardSkeletons(6), (signal) => everywhere(ctx, q, signal), (pages) => found(ctx, q, pages));
  return h("div", {}, title, body);
}
