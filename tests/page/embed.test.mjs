import assert from "node:assert/strict";
import test from "node:test";
import { asked, excuse, pageOf, tracksAt, tracksOf } from "../../fwtwisted/page/embed/asked.js";

const query = (text) => asked(new URLSearchParams(text));
const UUID = "0a1b2c3d-0000-4000-8000-00000000abcd";

test("an address names one thing that can be played, or none", () => {
  assert.deepEqual(query("type=track&id=7"), { sort: "track", key: "7" });
  assert.deepEqual(query(`type=channel&id=${UUID}`), { sort: "channel", key: UUID });
  for (const strange of ["", "type=track", "id=7", "type=user&id=7", "type=track&id=../7", "type=track&id=7/../8", "type=toString&id=1"])
    assert.equal(query(strange), null, strange);
});

test("tracks are where the API has them", () => {
  assert.deepEqual(tracksAt({ sort: "track", key: "7" }), ["tracks/7/", {}]);
  assert.deepEqual(tracksAt({ sort: "playlist", key: "7" }), ["playlists/7/tracks/", {}]);
  const [path, filters] = tracksAt({ sort: "album", key: "7" });
  assert.equal(path, "tracks/");
  assert.equal(filters.album, "7");
  assert.equal(filters.ordering, "disc_number,position");
});

test("every shape of answer is read, and what cannot be heard left out", () => {
  const [heard, silent] = [{ id: 1, uploads: [{}] }, { id: 2, uploads: [] }];
  assert.deepEqual(tracksOf(heard), [heard]);
  assert.deepEqual(tracksOf({ results: [heard, silent] }), [heard]);
  assert.deepEqual(tracksOf({ results: [{ track: silent }, { track: heard }] }), [heard]);
});

test("each thing has its page, each failure its words", () => {
  assert.equal(pageOf({ sort: "album", key: "7" }), "/library/albums/7");
  assert.equal(pageOf({ sort: "channel", key: UUID }), `/channels/${UUID}`);
  assert.equal(new Set([401, 404, 429, 0].map(excuse)).size, 4);
});
