/** The first page: what came lately, what was heard lately. */

import { h } from "../dom.js";
import { linkButton } from "../parts/buttons.js";
import { albumCard, artistCard, sectionHead } from "../parts/cards.js";
import { awaited, cardSkeletons, empty } from "../parts/states.js";
import { trackRow } from "../parts/tracklist.js";
import { trackOf } from "../music.js";

async function lately(ctx, signal) {
  const { api, session } = ctx.app;
  const newest = { ordering: "-creation_date", playable: true };
  const soft = (promise) => promise.catch((error) => {
    if (error.name === "AbortError") throw error;
    return { results: [] };
  });
  const [albums, artists, heard] = await Promise.all([
    api.get("albums/", { ...newest, page_size: 18 }, signal),
    soft(api.get("artists/", { ...newest, page_size: 6 }, signal)),
    session.me ? soft(api.get("history/listenings/", { scope: "me", ordering: "-creation_date", page_size: 20 }, signal)) : { results: [] },
  ]);
  return { albums: albums.results, artists: artists.results, heard: once(heard.results.map((item) => item.track)).slice(0, 6) };
}

function once(tracks) {
  return [...new Map(tracks.map((track) => [track.id, track])).values()];
}

export function nothingYet(app) {
  return app.session.me
    ? empty("note", "No music here yet", "Drop files or whole folders anywhere on this page, and they will be here a moment later.", linkButton("Add music", "/upload", { kind: "primary", called: "upload" }))
    : empty("note", "No public music yet", "Nothing is shared with visitors at the moment. Sign in to see more.", linkButton("Sign in", "/login", { kind: "primary" }));
}

export function home(ctx) {
  const { app } = ctx;
  ctx.title(null);
  const show = ({ albums, artists, heard }) => {
    if (!albums.length && !artists.length) return nothingYet(app);
    const tracks = heard.map((track) => trackOf(track, app.api.own));
    const rows = tracks.map((track) => trackRow(app, track, { list: () => tracks }));
    return h("div", {},
      albums.length > 0 && h("section", {}, sectionHead("Recently added", "/albums"), h("div", { class: "grid" }, albums.map((album) => albumCard(app, album)))),
      rows.length > 0 && h("section", {}, sectionHead("Heard lately"), h("ol", { class: "rows" }, rows)),
      artists.length > 0 && h("section", {}, sectionHead("New artists", "/artists"), h("div", { class: "grid row-of-cards" }, artists.map((artist) => artistCard(app, artist)))));
  };
  const { pod, me } = app.session;
  const words = !me && pod.about ? h("p", { class: "lead", dir: "auto" }, pod.about) : null;
  const title = h("h1", { class: me ? "unseen" : "", dir: "auto", tabindex: -1 }, me ? "Home" : pod.name);
  return h("div", {}, title, words, awaited(ctx, "home", () => cardSkeletons(12), (signal) => lately(ctx, signal), show));
}
