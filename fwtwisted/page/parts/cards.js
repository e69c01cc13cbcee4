/** Albums and artists as cards. */

import { h, name } from "../dom.js";
import { imageOf, trackOf } from "../music.js";
import { count, year } from "../words.js";
import { iconButton } from "./buttons.js";
import { cover } from "./cover.js";

const ALBUM = "disc_number,position";
const ARTIST = "album__release_date,disc_number,position";

/** Every track of an album or an artist that may be played, in its order. */
export async function tracksOf(app, kind, id, signal) {
  const ordering = kind === "album" ? ALBUM : ARTIST;
  const found = await app.api.all("tracks/", { [kind]: id, ordering, playable: true, include_channels: true, hidden: "all" }, signal);
  return found.map((track) => trackOf(track, app.api.own));
}

function playButton(app, kind, id, title) {
  const play = async (event) => {
    const pressed = event.currentTarget;
    pressed.setAttribute("aria-busy", "true");
    try {
      app.player.start(await tracksOf(app, kind, id));
    } catch (error) {
      app.tell(error.message);
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  };
  return iconButton("play", `Play ${title}`, play, { class: "icon-button card-play" });
}

/** A link on a picture: reached by pointer only, since the name below is the same link. */
function art(href, picture, ...more) {
  return h("div", { class: "card-art" }, h("a", { href, tabindex: -1, "aria-hidden": "true" }, picture), more);
}

export function albumCard(app, album, { byline = true } = {}) {
  const href = `/albums/${album.id}`;
  const artist = album.artist?.name && h("a", { class: "card-sub", href: `/artists/${album.artist.id}`, dir: "auto" }, album.artist.name);
  return h("article", { class: "card" },
    art(href, cover(imageOf(album.cover, app.api.own), album.title), album.is_playable !== false && playButton(app, "album", album.id, album.title)),
    name("a", { class: "card-title", href }, album.title),
    byline && artist ? artist : h("span", { class: "card-sub" }, year(album.release_date) || count(album.tracks_count, "track")));
}

export function artistCard(app, artist) {
  const href = `/artists/${artist.id}`;
  const image = artist.cover ?? artist.attachment_cover ?? artist.albums?.find((album) => album.cover)?.cover;
  return h("article", { class: "card artist" },
    art(href, cover(imageOf(image, app.api.own), artist.name, { round: true }), artist.tracks_count > 0 && playButton(app, "artist", artist.id, artist.name)),
    name("a", { class: "card-title", href }, artist.name),
    h("span", { class: "card-sub" }, count(artist.tracks_count ?? 0, "track")));
}

/** A heading with, perhaps, a link to everything of its kind. */
export function sectionHead(title, href = null, label = "Show all") {
  return h("div", { class: "section-head" }, h("h2", {}, title), href && h("a", { class: "more", href }, label));
}
