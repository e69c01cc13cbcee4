/** Playlists as cards, their form, and the dialog that puts tracks into one. */

import { h, name } from "../dom.js";
import { LEVELS } from "../playlists.js";
import { Problem } from "../problems.js";
import { count, length } from "../words.js";
import { button, iconButton } from "./buttons.js";
import { cover } from "./cover.js";
import { field, form } from "./form.js";
import { rulesEditor } from "./smart.js";

/** The picture of a playlist: of its first album. */
export function artOf(app, playlist, options) {
  const url = app.api.own(playlist.album_covers[0]);
  return cover(url ? { small: url, large: url } : null, playlist.name, options);
}

/** "12 tracks · 48 min". */
export function factsOf({ tracks_count: tracks, duration }) {
  return [count(tracks, "track"), duration > 0 && length(duration)].filter(Boolean).join(" · ");
}

export function playlistCard(app, playlist) {
  const href = `/playlists/${playlist.id}`;
  const owner = playlist.user && playlist.user.id !== app.session.me?.id && playlist.user.username;
  return h("article", { class: "card" },
    h("div", { class: "card-art" }, h("a", { href, tabindex: -1, "aria-hidden": "true" }, artOf(app, playlist))),
    name("a", { class: "card-title", href }, playlist.name),
    h("span", { class: "card-sub", dir: "auto" }, owner ? `by ${owner}` : factsOf(playlist)));
}

/** A dialog with a title and a button that closes it. */
function dialogOf(title, ...body) {
  const dialog = h("dialog", { class: "dialog", "aria-label": title }, h("div", { class: "dialog-head" }, h("h2", {}, title), iconButton("close", "Close", () => dialog.close())), body);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function playlistForm(submit, { title = "", level = "me", editor = null }, send) {
  const words = field("name", "Name of the playlist", { value: title, maxlength: 100, dir: "auto", autofocus: true });
  const options = LEVELS.map(([value, label]) => h("label", { class: "option" }, h("input", { type: "radio", name: "privacy_level", value, checked: value === level }), h("span", {}, label)));
  const choice = h("fieldset", { class: "options" }, h("legend", {}, "Who may see it"), options);
  const made = form([words], submit, async (fields) => {
    try {
      await send({ ...fields, privacy_level: choice.querySelector(":checked").value, ...(editor && { rules: editor.read() }) });
    } catch (error) {
      throw error.fields?.rules ? new Problem(error.status, error.fields.rules) : error;
    }
  });
  made.insertBefore(choice, made.children[1]);
  if (editor) made.insertBefore(editor.place, choice);
  return made;
}

/** Make a playlist; `made(playlist)` afterwards. */
export function newPlaylist(app, made) {
  const dialog = dialogOf("New playlist", playlistForm("Create playlist", {}, async (fields) => {
    const playlist = await app.playlists.create(fields);
    dialog.close();
    made(playlist);
  }));
}

/** Make a playlist that fills itself; `made(playlist)` afterwards. */
export function newSmartPlaylist(app, made) {
  const dialog = dialogOf("New smart playlist", playlistForm("Create playlist", { editor: rulesEditor(null) }, async (fields) => {
    const playlist = await app.playlists.create(fields);
    dialog.close();
    made(playlist);
  }));
}

/** Change name and level of a playlist, and its rules if it has some; `changed()` afterwards. */
export function editPlaylist(app, playlist, changed) {
  const before = { title: playlist.name, level: playlist.privacy_level, editor: playlist.rules && rulesEditor(playlist.rules) };
  const dialog = dialogOf("Edit playlist", playlistForm("Save", before, async (fields) => {
    await app.api.patch(`playlists/${playlist.id}/`, fields);
    dialog.close();
    changed();
  }));
}

/** Put tracks into a playlist, asking once when some are in it already. */
async function put(app, playlist, tracks) {
  const done = () => app.tell(`Added to “${playlist.name}”.`, { label: "Show", act: () => app.go(`/playlists/${playlist.id}`) });
  const again = () => app.playlists.add(playlist.id, tracks, true).then(done, (error) => app.tell(error.message));
  try {
    if (await app.playlists.add(playlist.id, tracks)) return done();
    const words = tracks.length > 1 ? "Some of these tracks are in this playlist already." : "This track is in this playlist already.";
    return app.confirm(`Add to “${playlist.name}” once more?`, words, "Add again", again, "Leave it");
  } catch (error) {
    return app.tell(error.message);
  }
}

/** Let the person choose one of their playlists, or make one, for these tracks. */
async function choosePlaylist(app, tracks) {
  if (!tracks.length) return app.tell("There is nothing to add.");
  try {
    const all = await app.playlists.load();
    const choose = (playlist) => {
      dialog.close();
      put(app, playlist, tracks);
    };
    const make = button("New playlist", () => { dialog.close(); newPlaylist(app, (made) => put(app, made, tracks)); }, { called: "add", kind: all.length ? "plain" : "primary" });
    const rows = all.filter((playlist) => !playlist.rules).map((playlist) => h("li", {}, h("button", { type: "button", class: "choice", onclick: () => choose(playlist) }, artOf(app, playlist, { sizes: "44px" }), h("span", { class: "choice-words" }, name("span", { class: "row-title" }, playlist.name), h("span", { class: "quiet" }, count(playlist.tracks_count, "track"))))));
    const dialog = dialogOf("Add to playlist", make, h("ul", { class: "choices" }, rows));
    return dialog;
  } catch (error) {
    return app.tell(error.message);
  }
}

/** The entry of a menu; nothing for visitors. `tracks()` are what would be added. */
export function playlistItem(app, tracks) {
  return app.session.me && { label: "Add to playlist", called: "playlist", act: () => choosePlaylist(app, tracks()) };
}

/** The entry of a menu that starts a radio of music like a track. */
export function similarItem(app, track) {
  return track && { label: "Start radio", called: "radio", act: () => app.radio.start({ radio_type: "similar", related_object_id: track.id }) };
}
