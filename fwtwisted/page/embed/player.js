/** A player for frames on pages of others: fetches as a visitor, plays, and asks no other host for anything. */

import { addressOf } from "../api.js";
import { h, say } from "../dom.js";
import { sourcesOf, trackOf } from "../music.js";
import { icon } from "../parts/icons.js";
import { clock } from "../words.js";
import { asked, excuse, pageOf, tracksAt, tracksOf } from "./asked.js";

const MOST = 500;
const main = document.querySelector("#player");
const audio = new Audio();
const outside = { target: "_blank", rel: "noopener" };

async function get(address) {
  const response = await fetch(address, { credentials: "omit", headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok) throw Object.assign(new Error("not told"), { status: response?.status ?? 0 });
  return response.json();
}

async function fetched(wish) {
  let address = addressOf(...tracksAt(wish));
  const found = [];
  while (address && found.length < MOST) {
    const answer = await get(address);
    found.push(...tracksOf(answer));
    const next = answer.next && new URL(answer.next, location.href);
    address = next && next.pathname + next.search;
  }
  return found.map((track) => trackOf(track));
}

function note(words, wish) {
  const link = wish && h("a", { ...outside, href: pageOf(wish) }, "Open the page");
  main.replaceChildren(h("p", { class: "note", role: "status" }, words, " ", link));
}

function player(tracks) {
  let at = 0;
  let left = [];
  const wants = { play: false };

  const art = h("img", { class: "art", alt: "" });
  const title = h("a", { ...outside, class: "title", dir: "auto" });
  const by = h("a", { ...outside, class: "by", dir: "auto" });
  const play = h("button", { class: "play", type: "button", onclick: () => toggle() });
  const back = h("button", { type: "button", "aria-label": "Previous", onclick: () => go(at - 1) }, icon("previous"));
  const on = h("button", { type: "button", "aria-label": "Next", onclick: () => go(at + 1) }, icon("next"));
  const seek = h("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Position", oninput: () => jump() });
  const time = h("span", { class: "time" });
  const rows = tracks.map((track, index) => h("li", null,
    h("button", { type: "button", onclick: () => go(index, true) },
      h("span", { class: "name", dir: "auto" }, track.title), h("span", { class: "time" }, clock(track.seconds)))));

  const length = () => (Number.isFinite(audio.duration) ? audio.duration : tracks[at].seconds);

  function shown() {
    play.replaceChildren(icon(wants.play ? "pause" : "play"));
    play.setAttribute("aria-label", wants.play ? "Pause" : "Play");
    back.disabled = at === 0;
    on.disabled = at === tracks.length - 1;
    rows.forEach((row, index) => row.firstChild.setAttribute("aria-current", index === at));
    say(time, `${clock(audio.currentTime)} / ${clock(length())}`);
    seek.value = length() ? (audio.currentTime / length()) * 1000 : 0;
  }

  function load(index) {
    at = index;
    const track = tracks[at];
    art.src = track.image?.small ?? "/icon.svg";
    say(title, track.title);
    title.href = `/library/tracks/${track.id}`;
    say(by, track.artist.name);
    by.href = `/library/artists/${track.artist.id}`;
    left = sourcesOf(track, (type) => audio.canPlayType(type) !== "");
    document.title = `${track.title} – ${track.artist.name}`;
    if (wants.play) start();
    else audio.removeAttribute("src");
    shown();
  }

  function start() {
    if (!audio.getAttribute("src")) audio.src = left.shift() ?? "";
    audio.play().catch(() => {}); // a broken source tells by its error event
  }

  function toggle() {
    wants.play = !wants.play;
    if (wants.play) start();
    else audio.pause();
    shown();
  }

  function go(index, now = wants.play) {
    if (index < 0 || index >= tracks.length) return;
    wants.play = now;
    audio.pause();
    audio.removeAttribute("src");
    load(index);
  }

  function jump() {
    if (length()) audio.currentTime = (seek.value / 1000) * length();
  }

  function ended() {
    if (at < tracks.length - 1) return go(at + 1);
    wants.play = false;
    return go(0, false);
  }

  function broke() {
    if (!audio.getAttribute("src")) return;
    audio.removeAttribute("src");
    if (left.length) start();
    else ended();
  }

  audio.addEventListener("timeupdate", shown);
  audio.addEventListener("durationchange", shown);
  audio.addEventListener("ended", ended);
  audio.addEventListener("error", broke);
  const many = tracks.length > 1;
  main.replaceChildren(
    h("div", { class: "now" }, art, h("div", { class: "what" }, title, by,
      h("div", { class: "controls" }, many && back, play, many && on, seek, time))),
    ...(many ? [h("ol", { class: "list" }, rows)] : []));
  load(0);
}

async function open() {
  const wish = asked(new URLSearchParams(location.search));
  if (!wish) return note("There is nothing to play at this address.");
  try {
    const tracks = await fetched(wish);
    if (tracks.length) player(tracks);
    else note("There is nothing to hear here.", wish);
  } catch (error) {
    if (error.status === undefined) throw error;
    note(excuse(error.status), wish);
  } finally {
    main.removeAttribute("aria-busy");
  }
}

await open();
