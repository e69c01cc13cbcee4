/** One artist: albums, then every track. */

import { h, name } from "../dom.js";
import { imageOf } from "../music.js";
import { button, iconButton } from "../parts/buttons.js";
import { albumCard, sectionHead, tracksOf } from "../parts/cards.js";
import { cover, tint } from "../parts/cover.js";
import { editItem } from "../parts/edit.js";
import { hidingItem, hidingOf } from "../parts/hiding.js";
import { openMenu } from "../parts/menu.js";
import { pager } from "../parts/pager.js";
import { awaited, cardSkeletons, empty } from "../parts/states.js";
import { trackPager } from "../parts/tracklist.js";
import { count } from "../words.js";
import { heroSkeleton } from "./album.js";

async function read({ app, id }, signal) {
  const [artist, hiding] = await Promise.all([app.api.get(`artists/${id}/`, {}, signal), hidingOf(app, id, signal)]);
  return { artist, hiding };
}

function actions(ctx, artist, hiding) {
  const { app } = ctx;
  const all = async (act) => {
    try {
      act(await tracksOf(app, "artist", artist.id, ctx.signal));
    } catch (error) {
      if (error.name !== "AbortError") app.tell(error.message);
    }
  };
  const more = (event) => openMenu(event.currentTarget, [editItem(app, "artist", artist.id), hidingItem(app, artist, hiding)]);
  const plays = artist.tracks_count > 0;
  return h("div", { class: "actions" },
    plays && button("Play", () => all((tracks) => app.player.start(tracks)), { kind: "primary", called: "play" }),
    plays && button("Shuffle", () => all((tracks) => app.player.startShuffled(tracks)), { called: "shuffle" }),
    plays && button("Radio", () => app.radio.start({ radio_type: "artist", related_object_id: artist.id }), { called: "radio" }),
    app.session.me && iconButton("more", "More", more, { "aria-haspopup": "menu" }));
}

function show(ctx, { artist, hiding }) {
  const { app } = ctx;
  ctx.title(artist.name);
  const image = artist.cover ?? artist.albums?.find((album) => album.cover)?.cover;
  const art = cover(imageOf(image, app.api.own), artist.name, { round: true, large: true, eager: true });
  const facts = h("p", { class: "quiet" });
  const hero = h("header", { class: "hero" }, art, h("div", { class: "hero-words" }, h("p", { class: "kind" }, "Artist"), name("h1", { tabindex: -1 }, artist.name), facts, actions(ctx, artist, hiding)));
  tint(hero, art);
  const numbers = {};
  const counted = (unit) => (number) => {
    numbers[unit] = number;
    facts.textContent = ["album", "track"].filter((one) => numbers[one]).map((one) => count(numbers[one], one)).join(" · ");
  };
  const albums = h("section", {}, sectionHead("Albums"), pager(ctx, "artist-albums", {
    path: "albums/", query: { artist: artist.id, ordering: "-release_date", playable: true, hidden: "all", page_size: 48 }, counted: counted("album"),
    holder: h("div", { class: "grid" }), draw: (items) => items.map((album) => albumCard(app, album, { byline: album.artist.id !== artist.id })),
    skeleton: () => cardSkeletons(6), none: () => h("p", { class: "quiet" }, "No albums."),
  }));
  const tracks = h("section", {}, sectionHead("Tracks"), trackPager(ctx, "artist-tracks", {
    path: "tracks/", query: { artist: artist.id, ordering: "album__release_date,disc_number,position", playable: true, hidden: "all", page_size: 50 }, counted: counted("track"), albumArtist: artist.id,
    none: () => empty("note", "Nothing to play here", "The files of this artist are not shared with you, or are gone."),
  }));
  return h("div", {}, hero, albums, tracks);
}

export function artist(ctx) {
  return awaited(ctx, "artist", heroSkeleton, (signal) => read(ctx, signal), (found) => show(ctx, found));
}
