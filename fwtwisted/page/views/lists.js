/** All albums, all artists, all favourites: long lists with an order. */

import { h, name } from "../dom.js";
import { button, linkButton } from "../parts/buttons.js";
import { albumCard, artistCard } from "../parts/cards.js";
import { pager } from "../parts/pager.js";
import { cardSkeletons, empty } from "../parts/states.js";
import { trackPager } from "../parts/tracklist.js";
import { trackOf } from "../music.js";
import { count } from "../words.js";
import { nothingYet } from "./home.js";

const ALBUM_ORDERS = [["-creation_date", "Newest here"], ["title", "Title"], ["-release_date", "Release date"], ["random", "Surprise me"]];
const ARTIST_ORDERS = [["name", "Name"], ["-creation_date", "Newest here"], ["random", "Surprise me"]];

/** A title, how many there are, and things to do with the list. */
function head(title, unit, ...actions) {
  const amount = h("span", { class: "quiet" });
  const box = h("div", { class: "page-head" }, name("h1", { tabindex: -1, title: null }, title), amount, h("div", { class: "page-actions" }, actions));
  return { box, counted: (number) => { amount.textContent = number ? count(number, unit) : ""; } };
}

function orderOf(ctx, orders) {
  const asked = ctx.query.get("ordering");
  const ordering = orders.some(([value]) => value === asked) ? asked : orders[0][0];
  const move = (event) => {
    const query = new URLSearchParams(ctx.query);
    query.set("ordering", event.target.value);
    ctx.app.go(`${location.pathname}?${query}`, { replace: true });
  };
  const options = orders.map(([value, label]) => h("option", { value, selected: value === ordering }, label));
  return { ordering, select: h("label", { class: "select" }, h("span", { class: "unseen" }, "Order"), h("select", { onchange: move }, options)) };
}

export function albums(ctx) {
  const { app } = ctx;
  const tag = ctx.query.get("tag");
  const { ordering, select } = orderOf(ctx, ALBUM_ORDERS);
  ctx.title(tag ? `#${tag}` : "Albums");
  const { box, counted } = head(tag ? `#${tag}` : "Albums", "album", select);
  return h("div", {}, box, pager(ctx, "albums", {
    path: "albums/", query: { ordering, tag, playable: true, page_size: 48 }, counted,
    holder: h("div", { class: "grid" }), draw: (items) => items.map((album) => albumCard(app, album)),
    skeleton: () => cardSkeletons(12), none: () => (tag ? empty("albums", "No albums with this tag", "Perhaps one of its tracks has it.", linkButton("All albums", "/albums")) : nothingYet(app)),
  }));
}

export function artists(ctx) {
  const { app } = ctx;
  const { ordering, select } = orderOf(ctx, ARTIST_ORDERS);
  ctx.title("Artists");
  const { box, counted } = head("Artists", "artist", select);
  return h("div", {}, box, pager(ctx, "artists", {
    path: "artists/", query: { ordering, playable: true, page_size: 48 }, counted,
    holder: h("div", { class: "grid" }), draw: (items) => items.map((artist) => artistCard(app, artist)),
    skeleton: () => cardSkeletons(12, true), none: () => nothingYet(app),
  }));
}

export function favourites(ctx) {
  const { app } = ctx;
  ctx.title("Favourites");
  const path = "favorites/tracks/";
  const query = { scope: "me", ordering: "-creation_date" };
  const play = async (act) => {
    try {
      const found = await app.api.all(path, query, ctx.signal);
      act(found.map((item) => trackOf(item.track, app.api.own)));
    } catch (error) {
      if (error.name !== "AbortError") app.tell(error.message);
    }
  };
  const actions = h("div", { class: "actions", hidden: true }, button("Play", () => play((tracks) => app.player.start(tracks)), { kind: "primary", called: "play" }), button("Shuffle", () => play(app.player.startShuffled), { called: "shuffle" }));
  const { box, counted } = head("Favourites", "track", actions);
  const both = (number) => {
    counted(number);
    actions.hidden = !number;
  };
  return h("div", {}, box, trackPager(ctx, "favourites", {
    path, query: { ...query, page_size: 50 }, pick: (item) => item.track, counted: both,
    none: () => empty("heart", "Nothing loved yet", "Press the heart beside a track, or F while it plays, and you will find it here.", linkButton("Look around", "/albums", { kind: "primary" })),
  }));
}
