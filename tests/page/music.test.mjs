/** Promises of the values that the page makes from answers, and of its addresses. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { addressOf } from "../../fwtwisted/page/api.js";
import { discs, dueAfter, hash, imageOf, initial, sourcesOf, trackOf } from "../../fwtwisted/page/music.js";
import { inside, match } from "../../fwtwisted/page/router.js";

const LISTEN = "/api/v1/listen/t/";
const json = {
  id: 31, title: "Sól", artist: { id: 7, name: "Nadia", attachment_cover: null }, album: { id: 12, title: "Low", artist: { id: 7, name: "Nadia" }, cover: null },
  position: 3, disc_number: 1, cover: null, listen_url: LISTEN,
  uploads: [{ listen_url: `${LISTEN}?upload=u`, duration: 215, mimetype: "audio/flac" }, { listen_url: `${LISTEN}?upload=v`, duration: 215, mimetype: "audio/aiff" }],
};

test("sources are what the browser plays, then the converted one, all with the token", () => {
  const track = trackOf(json);
  assert.deepEqual(sourcesOf(track, (type) => type === "audio/flac", "a b"), [`${LISTEN}?upload=u&token=a%20b`, `${LISTEN}?upload=u&to=mp3&token=a%20b`]);
  assert.deepEqual(sourcesOf(track, () => false, null), [`${LISTEN}?upload=u&to=mp3`]);
});

test("a track without files still has an address to convert", () => {
  assert.deepEqual(sourcesOf(trackOf({ ...json, uploads: [] }), () => true, null), [`${LISTEN}?to=mp3`]);
});

test("a track without an album is read", () => {
  const track = trackOf({ ...json, album: null, uploads: undefined });
  assert.equal(track.album, null);
  assert.equal(track.seconds, null);
});

test("images take the smaller sizes when there are some", () => {
  assert.equal(imageOf(null), null);
  assert.equal(imageOf({ urls: { original: null } }), null);
  assert.deepEqual(imageOf({ urls: { original: "o", medium_square_crop: "m", large_square_crop: "l" } }), { small: "m", large: "l" });
  assert.deepEqual(imageOf({ urls: { original: "o" } }), { small: "o", large: "o" });
});

test("a listening counts after half the track, at most four minutes", () => {
  assert.equal(dueAfter(100), 50);
  assert.equal(dueAfter(3600), 240);
  assert.equal(dueAfter(0), 240);
});

test("tracks fall into discs in order", () => {
  assert.deepEqual(discs([{ disc: 2 }, { disc: null }, { disc: 1 }]).map(([disc, some]) => [disc, some.length]), [[1, 2], [2, 1]]);
});

test("a name's picture is steady, and its letter is one letter of any script", () => {
  assert.equal(hash("Sól"), hash("Sól"));
  assert.notEqual(hash("Sól"), hash("Sol"));
  assert.equal(initial("“nadia”"), "N");
  assert.equal(initial("夜の汽車"), "夜");
  assert.equal(initial("नीला"), "नी");
  assert.equal(initial("  "), "♪");
});

test("addresses leave out what is empty and repeat lists", () => {
  assert.equal(addressOf("tracks/", { album: 12, q: "", tag: null, playable: true, import_status: ["a", "b"] }), "/api/v1/tracks/?album=12&playable=true&import_status=a&import_status=b");
  assert.equal(addressOf("/api/v1/x/?page=2"), "/api/v1/x/?page=2");
});

test("paths lead to views, those of the full page too", () => {
  assert.deepEqual(match("/"), { name: "home", id: null });
  assert.deepEqual(match("/albums/12/"), { name: "album", id: "12" });
  assert.deepEqual(match("/library/artists/7"), { name: "artist", id: "7" });
  assert.deepEqual(match("/library"), { name: "home", id: null });
  assert.deepEqual(match("/albums/x"), { name: "missing", id: null });
});

test("a way back from the door never leads to another host", () => {
  assert.equal(inside("/albums?x=1"), "/albums?x=1");
  for (const path of ["https://evil.example", "//evil.example", "/\\evil.example", "", null]) assert.equal(inside(path), "/");
});
