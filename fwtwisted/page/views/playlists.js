/** Playlists: one's own and others', each with its tracks; and radios, which never end. */

import { h, name } from "../dom.js";
import { trackOf } from "../music.js";
import { button, iconButton } from "../parts/buttons.js";
import { sectionHead } from "../parts/cards.js";
import { tint } from "../parts/cover.js";
import { gripOf } from "../parts/drag.js";
import { openMenu } from "../parts/menu.js";
import { pager } from "../parts/pager.js";
import { artOf, editPlaylist, factsOf, newPlaylist, newSmartPlaylist, playlistCard, playlistItem } from "../parts/playlists.js";
import { awaited, cardSkeletons, empty } from "../parts/states.js";
import { trackRow } from "../parts/tracklist.js";
import { LEVELS, moved } from "../playlists.js";
import { heroSkeleton } from "./album.js";

const RADIOS = [
  { label: "Anything", called: "shuffle", wish: { radio_type: "random" } },
  { label: "Added lately", called: "add", wish: { radio_type: "recently-added" } },
  { label: "My favourites", called: "heart", wish: { radio_type: "favorites" }, mine: true },
  { label: "Seldom heard", called: "radio", wish: { radio_type: "less-listened" }, mine: true },
];

function radios(ctx) {
  const { app } = ctx;
  const one = ({ label, called, wish }) => button(label, () => app.radio.start(wish), { called });
  const row = h("div", { class: "actions" }, RADIOS.filter(({ mine }) => !mine || app.session.me).map(one));
  app.api.get("radios/radios/", { ordering: "name", page_size: 12 }, ctx.signal).then(
    ({ results }) => row.append(...results.map((radio) => one({ label: radio.name, called: "radio", wish: { radio_type: "custom", custom_radio: radio.id } }))),
    () => null,
  );
  return h("section", {}, sectionHead("Radios"), row);
}

export function playlists(ctx) {
  const { app } = ctx;
  ctx.title("Playlists");
  const make = app.session.me && button("New playlist", () => newPlaylist(app, (made) => app.go(`/playlists/${made.id}`)), { called: "add" });
  const fill = app.session.me && button("New smart playlist", () => newSmartPlaylist(app, (made) => app.go(`/playlists/${made.id}`)), { called: "add" });
  const grid = (key, title, query, none) => h("section", {}, sectionHead(title), pager(ctx, key, {
    path: "playlists/", query: { ordering: "-modification_date", page_size: 48, ...query },
    holder: h("div", { class: "grid" }), draw: (items) => items.map((playlist) => playlistCard(app, playlist)),
    skeleton: () => cardSkeletons(6), none: () => h("p", { class: "quiet" }, none),
  }));
  return h("div", {},
    h("div", { class: "page-head" }, h("h1", { tabindex: -1 }, "Playlists"), h("div", { class: "page-actions" }, make, fill)),
    radios(ctx),
    app.session.me && grid("own-playlists", "My playlists", { scope: "me" }, "None yet. Make one here, or from the menu beside any track."),
    grid("all-playlists", app.session.me ? "Everybody’s" : "Shared with everyone", { playable: true }, "Nobody shares one at the moment."));
}

async function read({ app, id }, signal) {
  const [playlist, { results }] = await Promise.all([app.api.get(`playlists/${id}/`, {}, signal), app.api.get(`playlists/${id}/tracks/`, {}, signal)]);
  return { playlist, tracks: results.map((item) => trackOf(item.track, app.api.own)) };
}

/** The tracks of a playlist, for its owner to put in order; every change is sent, one after the other. */
function editable(ctx, playlist, tracks, changed) {
  const { app } = ctx;
  const list = h("ol", { class: "rows" });
  let held = tracks;
  let sending = Promise.resolve();

  const send = (path, value) => {
    sending = sending.then(() => app.api.post(`playlists/${playlist.id}/${path}/`, value)).catch((error) => {
      app.tell(error.message);
      ctx.again();
    });
  };
  const draw = (focus = null) => {
    list.replaceChildren(...held.map((track, index) => rowOf(track, index)));
    changed(held);
    if (focus !== null) list.children[focus]?.querySelector(".grip")?.focus();
  };
  const move = (from, to) => {
    const place = Math.min(Math.max(to, 0), held.length - 1);
    if (place === from) return;
    held = moved(held, from, place);
    send("move", { from, to: place });
    draw(place);
  };
  const take = (index) => {
    held = held.filter((_, other) => other !== index);
    send("remove", { index });
    draw();
  };
  const rowOf = (track, index) => {
    const more = [{ label: "Remove from playlist", called: "close", act: () => take(index) }];
    const row = trackRow(app, track, { list: () => held, more, grip: gripOf(track.title, () => row, list, (to) => move(index, to)) });
    return row;
  };
  draw();
  return list;
}

function heroOf(ctx, playlist, facts, held) {
  const { app } = ctx;
  const own = playlist.user?.id === app.session.me?.id;
  const gone = async () => {
    try {
      await app.api.remove(`playlists/${playlist.id}/`);
      app.go("/playlists", { replace: true });
    } catch (error) {
      app.tell(error.message);
    }
  };
  const menu = (event) => openMenu(event.currentTarget, [
    held().length > 0 && { label: "Play next", called: "afterThis", act: () => app.player.playNext(held()) },
    held().length > 0 && { label: "Add to queue", called: "add", act: () => app.player.append(held()) },
    playlistItem(app, held),
    own && { label: "Edit playlist", called: "pencil", act: () => editPlaylist(app, playlist, ctx.again) },
    own && { label: "Delete playlist", called: "trash", act: () => app.confirm(`Delete “${playlist.name}”?`, "The music stays; only this list of it is gone.", "Delete", gone) },
  ]);
  const level = LEVELS.find(([value]) => value === playlist.privacy_level)?.[1];
  const byline = [own ? level : playlist.user && `by ${playlist.user.username}`].filter(Boolean).join(" · ");
  const art = artOf(app, playlist, { large: true, eager: true });
  const play = held().length > 0 && [button("Play", () => app.player.start(held()), { kind: "primary", called: "play" }), button("Shuffle", () => app.player.startShuffled(held()), { called: "shuffle" })];
  const hero = h("header", { class: "hero" }, art, h("div", { class: "hero-words" },
    h("p", { class: "kind" }, playlist.rules ? "Smart playlist" : "Playlist"), name("h1", { tabindex: -1 }, playlist.name),
    h("p", { class: "byline" }, h("span", { dir: "auto" }, byline), facts),
    h("div", { class: "actions" }, play, iconButton("more", "More", menu, { "aria-haspopup": "menu" }))));
  tint(hero, art);
  return hero;
}

function show(ctx, { playlist, tracks }) {
  const { app } = ctx;
  ctx.title(playlist.name);
  let held = tracks;
  const facts = h("span", { class: "quiet" });
  const changed = (now) => {
    held = now;
    const duration = now.reduce((sum, track) => sum + (track.seconds ?? 0), 0);
    facts.textContent = factsOf({ tracks_count: now.length, duration });
    ctx.memory.playlist = { playlist, tracks: now };
  };
  const own = playlist.user?.id === app.session.me?.id;
  const rows = own && !playlist.rules ? editable(ctx, playlist, tracks, changed) : h("ol", { class: "rows" }, tracks.map((track) => trackRow(app, track, { list: () => held })));
  changed(held);
  const none = empty("playlist", "Nothing in it yet", own && playlist.rules ? "Nothing here meets its rules at the moment." : own ? "Add tracks from the menu beside any track, album or queue." : "Its owner has not put anything in.");
  return h("div", {}, heroOf(ctx, playlist, facts, () => held), tracks.length ? rows : none);
}

export function playlist(ctx) {
  const again = () => {
    delete ctx.memory.playlist;
    ctx.app.go(location.pathname, { replace: true });
  };
  const own = { ...ctx, again };
  return awaited(own, "playlist", heroSkeleton, (signal) => read(own, signal), (found) => show(own, found));
}
