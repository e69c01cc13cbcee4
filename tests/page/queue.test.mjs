/** Promises of the queue: what follows what, whatever is added, moved, removed or shuffled. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as queues from "../../fwtwisted/page/queue.js";

const track = (id) => ({ id, title: `track ${id}`, artist: { id: 1, name: "a" }, files: [{ url: "/x?", type: "" }] });
const tracks = (...ids) => ids.map(track);
const ids = (queue) => queue.entries.map((entry) => entry.track.id);
const playing = (queue) => queues.current(queue)?.track.id ?? null;
const of = (list, index = 0) => queues.start(queues.EMPTY, tracks(...list), index);
const keyOf = (queue, id) => queue.entries.find((entry) => entry.track.id === id).key;

/** Random numbers that are the same each time. */
function dice(seed = 7) {
  let value = seed;
  return () => {
    value = (value * 16807) % 2147483647;
    return value / 2147483647;
  };
}

test("starting plays the chosen track and keeps the others around it", () => {
  const queue = of([1, 2, 3], 1);
  assert.equal(playing(queue), 2);
  assert.deepEqual(ids(queue), [1, 2, 3]);
  assert.equal(playing(of([1, 2], 99)), 2);
  assert.equal(playing(of([])), null);
});

test("a track may stand in the queue twice and each one is told apart", () => {
  const queue = queues.append(of([1]), tracks(1));
  assert.notEqual(queue.entries[0].key, queue.entries[1].key);
  assert.deepEqual(ids(queues.remove(queue, queue.entries[0].key)), [1]);
});

test("adding goes to the end, playing next right behind the current one", () => {
  const queue = queues.insertNext(queues.append(of([1, 2, 3], 1), tracks(9)), tracks(7, 8));
  assert.deepEqual(ids(queue), [1, 2, 7, 8, 3, 9]);
  assert.equal(playing(queue), 2);
});

test("adding to an empty queue makes the first added track the current one", () => {
  assert.equal(playing(queues.append(queues.EMPTY, tracks(5, 6))), 5);
  assert.equal(playing(queues.insertNext(queues.EMPTY, tracks(5, 6))), 5);
});

test("removing before, at and behind the current track", () => {
  const queue = of([1, 2, 3], 1);
  assert.equal(playing(queues.remove(queue, keyOf(queue, 1))), 2);
  assert.equal(playing(queues.remove(queue, keyOf(queue, 2))), 3);
  assert.equal(playing(queues.remove(queue, keyOf(queue, 3))), 2);
  assert.equal(queues.remove(queue, 999), queue);
  assert.equal(playing(queues.remove(of([1]), 1)), null);
});

test("moving a track never changes what plays", () => {
  const queue = of([1, 2, 3, 4], 2);
  for (const id of [1, 2, 3, 4]) {
    for (let to = -1; to < 6; to += 1) {
      const moved = queues.move(queue, keyOf(queue, id), to);
      assert.equal(playing(moved), 3);
      assert.equal(moved.entries[Math.min(Math.max(to, 0), 3)].track.id, id);
    }
  }
});

test("what follows depends on repeat", () => {
  const last = of([1, 2], 1);
  assert.equal(queues.following(last), -1);
  assert.equal(queues.following(last, true), -1);
  const all = queues.repeated(last);
  assert.equal(all.repeat, "all");
  assert.equal(queues.following(all), 0);
  assert.equal(queues.preceding({ ...all, at: 0 }), 1);
  const one = queues.repeated(all);
  assert.equal(queues.following(one, true), 1);
  assert.equal(queues.following({ ...one, at: 0 }), 1);
  assert.equal(queues.repeated(one).repeat, "off");
});

test("shuffling keeps the current track first, and undoing it brings the old order back", () => {
  const queue = of([1, 2, 3, 4, 5, 6, 7, 8], 3);
  const mixed = queues.shuffled(queue, dice());
  assert.equal(mixed.at, 0);
  assert.equal(playing(mixed), 4);
  assert.notDeepEqual(ids(mixed).slice(1), [1, 2, 3, 5, 6, 7, 8]);
  assert.deepEqual([...ids(mixed)].sort(), ids(queue));
  const back = queues.straight(mixed);
  assert.deepEqual(ids(back), ids(queue));
  assert.equal(back.at, 3);
});

test("what is put next while shuffled stays behind its neighbour in the straight order", () => {
  const mixed = queues.shuffled(of([1, 2, 3, 4], 1), dice());
  const longer = queues.insertNext(mixed, tracks(8, 9));
  assert.deepEqual(ids(longer).slice(0, 3), [2, 8, 9]);
  assert.deepEqual(ids(queues.straight(longer)), [1, 2, 8, 9, 3, 4]);
});

test("starting while shuffled plays the chosen track first", () => {
  const queue = queues.start({ ...queues.EMPTY, shuffle: true }, tracks(1, 2, 3, 4), 2, dice());
  assert.equal(playing(queue), 3);
  assert.equal(queue.at, 0);
});

test("clearing what follows keeps the past and the present", () => {
  assert.deepEqual(ids(queues.withoutUpcoming(of([1, 2, 3], 1))), [1, 2]);
});

test("a queue survives being kept; anything broken becomes the empty queue", () => {
  const queue = queues.insertNext(queues.shuffled(of([1, 2, 3], 1), dice()), tracks(4));
  const back = queues.restored(JSON.parse(JSON.stringify({ ...queue, position: 12 })));
  assert.deepEqual(ids(back), ids(queue));
  assert.equal(playing(back), 2);
  assert.equal(queues.append(back, tracks(5)).entries.at(-1).key, 5);
  for (const broken of [null, 3, "x", {}, { entries: [] }, { entries: [null] }, { entries: [{ key: 1, rank: 0, track: {} }] }]) {
    assert.equal(queues.restored(broken), queues.EMPTY);
  }
});
