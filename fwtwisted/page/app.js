/** Everything built once and wired together; then the address decides what is shown. */

import { makeApi } from "./api.js";
import { h } from "./dom.js";
import { makeFavourites } from "./favourites.js";
import { makeLibraries } from "./libraries.js";
import { followMediaKeys } from "./mediakeys.js";
import { paintHeart } from "./parts/buttons.js";
import { confirm } from "./parts/confirm.js";
import { followDrops } from "./parts/drop.js";
import { followKeys } from "./parts/keys.js";
import { makePanel } from "./parts/panel.js";
import { playerBar } from "./parts/playerbar.js";
import { shell } from "./parts/shell.js";
import { trouble } from "./parts/states.js";
import { makeToasts } from "./parts/toast.js";
import { markRow } from "./parts/tracklist.js";
import { makePlayer } from "./player.js";
import { makePlaylists } from "./playlists.js";
import { makeRadio } from "./radio.js";
import { makeRouter } from "./router.js";
import { makeSession } from "./session.js";
import { memory } from "./store.js";
import { makeUploads, roomOf, sorted } from "./uploads.js";
import { account } from "./views/account.js";
import { album, track } from "./views/album.js";
import { choosePassword, confirmAddress, forgotten, signup } from "./views/arrive.js";
import { artist } from "./views/artist.js";
import { authorize } from "./views/authorize.js";
import { login, missing, setup } from "./views/door.js";
import { home } from "./views/home.js";
import { albums, artists, favourites } from "./views/lists.js";
import { playlist, playlists } from "./views/playlists.js";
import { channel, podcasts } from "./views/podcasts.js";
import { search } from "./views/search.js";
import { upload } from "./views/upload.js";
import { count } from "./words.js";

const VIEWS = { home, albums, album, artists, artist, track, playlists, playlist, podcasts, channel, favourites, search, upload, login, setup, authorize, signup, confirmAddress, forgotten, choosePassword, account, missing };
const MINE = new Set(["favourites", "upload", "authorize", "account"]);
const ALWAYS = new Set(["login", "setup", "signup", "confirmAddress", "forgotten", "choosePassword"]);
const FRESH_TOKEN_EVERY = 6 * 3600 * 1000;

const toasts = makeToasts();
const api = makeApi({ fetch: window.fetch.bind(window), cookie: () => document.cookie, signedOut });
const session = makeSession({ api });
const favourite = makeFavourites({ api, tell: toasts.tell });
const libraries = makeLibraries({ api, memory });
const lists = makePlaylists({ api });

const player = makePlayer({
  decks: [h("audio", {}), h("audio", {})],
  memory,
  token: () => session.me?.tokens?.listen ?? null,
  refresh: () => session.refresh(),
  record: (heard) => session.me && api.post("history/listenings/", { track: heard.id }).catch(() => null),
  tell: toasts.tell,
});

const radio = makeRadio({ api, player, tell: toasts.tell });

let refreshing = null;
const uploads = makeUploads({
  send: (fields, progress, signal) => {
    const form = new FormData();
    for (const [key, value] of Object.entries(fields)) form.append(key, value);
    return api.send("uploads/", form, progress, signal);
  },
  ask: (reference) => api.all("uploads/", { import_reference: reference }),
  room: () => roomOf(session.me),
  arrived: () => {
    clearTimeout(refreshing);
    refreshing = setTimeout(() => session.refresh().catch(() => null), 1500);
  },
  later: (act, milliseconds) => setTimeout(act, milliseconds),
});

/* Files that wait for their person to choose a library. */
let staged = [];

const app = { api, session, player, uploads, libraries, favourites: favourite, playlists: lists, radio, tell: toasts.tell, confirm, go, find, addFiles, goOn, search: () => frame.focusSearch() };
app.panel = makePanel(app);
const router = makeRouter({ show });
const frame = shell(app, playerBar(app, app.panel));

let view = new AbortController();
let place = null;
let titled = null;

function go(address, options) {
  router.go(address, options);
}

/** Search as it is typed: the first letter makes an entry in the history, the others change it. */
function find(text) {
  const q = text.trim();
  const searching = location.pathname === "/search";
  if (!q && !searching) return;
  if (q === (new URLSearchParams(location.search).get("q") ?? "") && searching) return;
  go(q ? `/search?${new URLSearchParams({ q })}` : "/search", { replace: searching });
}

function signedOut() {
  if (!session.me) return;
  session.lost();
  toasts.tell("You were signed out. Please sign in again.");
  go(`/login?${new URLSearchParams({ next: location.pathname + location.search })}`);
}

/** The name of the view that this person gets for a place: perhaps the door first. */
function viewFor({ name }) {
  if (ALWAYS.has(name) || session.me) return name;
  return MINE.has(name) || !session.pod.open ? "login" : name;
}

function title(words) {
  titled = words;
  const pod = session.pod?.name ?? "Funkwhale";
  const { playing } = player.state.get();
  document.title = playing && player.track ? `${player.track.title} – ${player.track.artist.name}` : words ? `${words} · ${pod}` : pod;
}

function show(found) {
  const moved = place !== null;
  place = found;
  if (session.state.get().phase !== "ready") return;
  view.abort();
  view = new AbortController();
  const called = viewFor(found);
  const ctx = { ...found, app, signal: view.signal, title };
  const node = h("div", { class: "view", data: { view: called } }, VIEWS[called](ctx));
  frame.stage.replaceChildren(node);
  frame.at(called, called === "search" ? found.query.get("q") ?? "" : "");
  scrollTo(0, found.top);
  if (moved && found.fresh && called !== "search") arriveAt(node);
}

/** Put the focus where a reader of the new view begins. */
function arriveAt(node) {
  const start = node.querySelector("[autofocus], .door input:not([hidden])") ?? node.querySelector("h1") ?? frame.stage;
  start.focus({ preventScroll: true });
}

async function addFiles(files) {
  if (!session.me) {
    toasts.tell("Sign in to add music.", { label: "Sign in", act: () => go("/login?next=/upload") });
    return;
  }
  const { music, others } = sorted(files, session.pod.extensions);
  if (others.length) toasts.tell(music.length ? `${count(others.length, "file")} left out: not music that this server reads.` : `This server takes ${session.pod.extensions.join(", ") || "audio files"}; there was none of these.`);
  if (!music.length) return;
  staged.push(...music);
  if (location.pathname !== "/upload") go("/upload");
  try {
    if (!libraries.state.get().all) await libraries.load();
    goOn();
  } catch (error) {
    toasts.tell(error.message, { label: "Try again", act: () => addFiles([]) || goOn() });
  }
}

/** Start what waits for a library, now that there may be one. */
function goOn() {
  const { chosen } = libraries.state.get();
  if (!staged.length) return;
  if (!chosen) {
    toasts.tell(`${count(staged.length, "file")} will go into the library that you make now.`);
    return;
  }
  uploads.add(staged, chosen.uuid);
  staged = [];
}

function welcome(me) {
  if (me) favourite.load().catch(() => null);
  else {
    favourite.clear();
    libraries.clear();
    lists.clear();
  }
}

/** What follows the player and the hearts, wherever they are drawn. */
function followEverything() {
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  player.state.watch(() => {
    each(".row[data-track]", (row) => markRow(row, player));
    title(titled);
  });
  favourite.state.watch(() => each("[data-heart]", (node) => paintHeart(node, favourite.has(Number(node.dataset.heart)))));
  session.state.watch((now, before) => {
    if (now.phase === "away") away(now.problem);
    if (now.me?.id === before.me?.id && now.phase === before.phase) return;
    welcome(now.me);
    if (now.phase === "ready" && before.phase === "ready" && !now.me && place) router.again();
  });
  addEventListener("pagehide", () => player.save());
  addEventListener("beforeunload", (event) => uploads.active && event.preventDefault());
  setInterval(() => session.me && session.refresh().catch(() => null), FRESH_TOKEN_EVERY);
}

/** Only one page of a browser plays at a time. */
function playAlone() {
  const others = new BroadcastChannel("playing");
  others.onmessage = () => player.state.get().playing && player.pause();
  player.state.watch((now, before) => now.playing && !before.playing && others.postMessage("mine"));
}

function away(problem) {
  frame.stage.replaceChildren(trouble(problem, start, { round: 0 }));
}

async function start() {
  await session.open();
  if (session.state.get().phase !== "ready") return;
  place = null;
  router.open();
}

document.getElementById("app").replaceChildren(frame.root, toasts.place, h("div", { hidden: true }, player.decks));
followDrops(() => (session.me ? `Drop to add to ${libraries.state.get().chosen?.name ?? "your music"}` : "Sign in to add music"), addFiles);
followEverything();
followMediaKeys(player);
followKeys(app);
playAlone();
start();
