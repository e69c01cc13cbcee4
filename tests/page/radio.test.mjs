/** Promises of radios and playlists: when a radio goes on, when it ends, where a moved track stands. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { makePlaylists, moved } from "../../fwtwisted/page/playlists.js";
import { Problem } from "../../fwtwisted/page/problems.js";
import * as queues from "../../fwtwisted/page/queue.js";
import { makeRadio, stepOf } from "../../fwtwisted/page/radio.js";
import { store } from "../../fwtwisted/page/store.js";

const track = (id) => ({ id, title: `track ${id}`, artist: { id: 1, name: "a" }, files: [{ url: "/x?", type: "" }] });
const of = (ids, at = 0) => queues.start(queues.EMPTY, ids.map(track), at);
const keysOf = (queue) => new Set(queue.entries.map((entry) => entry.key));

test("a radio asks for more when three or fewer tracks follow", () => {
  const queue = of([1, 2, 3, 4, 5, 6]);
  const keys = keysOf(queue);
  for (const [at, step] of [[0, "wait"], [2, "wait"], [3, "more"], [4, "more"], [5, "more"]]) {
    assert.equal(stepOf({ ...queue, at: Math.max(at - 1, 0) }, { ...queue, at }, keys), step, at);
  }
});

test("it ends when something else plays, and when what follows was cleared", () => {
  const queue = of([1, 2, 3, 4], 1);
  const keys = keysOf(queue);
  assert.equal(stepOf(queue, queues.start(queue, [track(9)]), keys), "end");
  assert.equal(stepOf(queue, queues.EMPTY, keys), "end");
  assert.equal(stepOf(queue, queues.withoutUpcoming(queue), keys), "end");
});

/** A player that only keeps the queue, and a server that knows so many tracks. */
function studio(known) {
  const state = store({ queue: queues.EMPTY });
  const change = (queue) => state.set({ queue });
  const player = {
    state,
    start: (tracks) => change(queues.start(state.get().queue, tracks)),
    append: (tracks) => change(queues.append(state.get().queue, tracks)),
    at: (at) => change({ ...state.get().queue, at }),
  };
  const told = [];
  let given = 0;
  const api = {
    own: (url) => url,
    post: async (path, value) => {
      if (path === "radios/sessions/") return { id: 7, ...value };
      assert.deepEqual([path, value], ["radios/tracks/", { session: 7 }]);
      if (given === known) throw new Problem(404, "Radio doesn't have more candidates");
      given += 1;
      return { track: { id: given, title: "t", artist: { id: 1, name: "a" }, uploads: [{ listen_url: "/x?" }] } };
    },
  };
  const radio = makeRadio({ api, player, tell: (words) => told.push(words) });
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
  const ids = () => state.get().queue.entries.map((entry) => entry.track.id);
  return { player, radio, told, settled, ids };
}

test("a radio keeps the queue ahead of what plays", async () => {
  const { player, radio, settled, ids } = studio(100);
  await radio.start({ radio_type: "random" });
  await settled();
  assert.deepEqual(ids(), [1, 2, 3, 4]);
  player.at(2);
  await settled();
  assert.deepEqual(ids(), [1, 2, 3, 4, 5, 6]);
  player.start([track(50)]);
  player.append([track(51)]);
  await settled();
  assert.deepEqual(ids(), [50, 51]);
});

test("a radio that has played everything ends without a word", async () => {
  const { player, radio, told, settled, ids } = studio(2);
  await radio.start({ radio_type: "random" });
  await settled();
  player.at(1);
  await settled();
  assert.deepEqual([ids(), told], [[1, 2], []]);
});

test("a radio without music says so", async () => {
  const { radio, told, ids } = studio(0);
  await radio.start({ radio_type: "random" });
  assert.deepEqual([ids(), told], [[], ["There is nothing to play for this radio."]]);
});

test("a moved item stands where it was put", () => {
  assert.deepEqual(moved([1, 2, 3, 4], 0, 2), [2, 3, 1, 4]);
  assert.deepEqual(moved([1, 2, 3, 4], 3, 0), [4, 1, 2, 3]);
  assert.deepEqual(moved([1, 2, 3], 0, 99), [2, 3, 1]);
});

test("adding what is there already is told apart from what went wrong", async () => {
  const there = { fields: { playlist: "First Light Mix tracks_already_exist_in_playlist" } };
  const asked = [];
  const answers = { false: there, true: null };
  const post = async (path, value) => {
    asked.push([path, value]);
    if (answers[value.allow_duplicates]) throw answers[value.allow_duplicates];
  };
  const playlists = makePlaylists({ api: { post } });
  assert.equal(await playlists.add(3, [track(1)]), false);
  assert.equal(await playlists.add(3, [track(1)], true), true);
  assert.deepEqual(asked[0], ["playlists/3/add/", { tracks: [1], allow_duplicates: false }]);
  answers.false = new Problem(500, "no");
  await assert.rejects(playlists.add(3, [track(1)]), Problem);
});
