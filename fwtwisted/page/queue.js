/**
 * What plays and what follows, as plain values: every function takes a queue and answers a new one.
 *
 * An entry is `{key, rank, track}`: `key` names it (a track may stand twice in the queue), `rank` is its place in the
 * straight order, so that shuffling can be undone. `at` is the index of the playing entry, -1 for none.
 */

export const EMPTY = Object.freeze({ entries: [], at: -1, made: 0, repeat: "off", shuffle: false });
const LONGEST = 2000;
const REPEATS = ["off", "all", "one"];

/** The playing entry, or null. */
export function current(queue) {
  return queue.entries[queue.at] ?? null;
}

/** A queue of these tracks, playing the one at `index`. */
export function start(queue, tracks, index = 0, random = Math.random) {
  const kept = tracks.slice(0, LONGEST);
  const fresh = { ...queue, entries: entriesOf(queue.made, kept, 0), made: queue.made + kept.length };
  const placed = { ...fresh, at: kept.length ? Math.min(Math.max(index, 0), kept.length - 1) : -1 };
  return queue.shuffle ? shuffled(placed, random) : placed;
}

function entriesOf(made, tracks, rank) {
  return tracks.map((track, index) => ({ key: made + index + 1, rank: rank + index, track }));
}

/** Tracks added behind everything else. */
export function append(queue, tracks) {
  const kept = tracks.slice(0, Math.max(0, LONGEST - queue.entries.length));
  const last = queue.entries.reduce((most, entry) => Math.max(most, entry.rank), -1);
  const entries = [...queue.entries, ...entriesOf(queue.made, kept, last + 1)];
  return { ...queue, entries, made: queue.made + kept.length, at: queue.at < 0 && entries.length ? 0 : queue.at };
}

/** Tracks put right behind the playing one, in both orders. */
export function insertNext(queue, tracks) {
  const here = current(queue);
  if (!here) return append(queue, tracks);
  const kept = tracks.slice(0, Math.max(0, LONGEST - queue.entries.length));
  const step = 1 / (kept.length + 1);
  const shifted = queue.entries.map((entry) => (entry.rank > here.rank ? { ...entry, rank: entry.rank + 1 } : entry));
  const fresh = entriesOf(queue.made, kept, 0).map((entry, index) => ({ ...entry, rank: here.rank + (index + 1) * step }));
  const entries = [...shifted.slice(0, queue.at + 1), ...fresh, ...shifted.slice(queue.at + 1)];
  return { ...queue, entries, made: queue.made + kept.length };
}

/** Without the entry `key`; when it was the playing one, the following plays. */
export function remove(queue, key) {
  const index = queue.entries.findIndex((entry) => entry.key === key);
  if (index < 0) return queue;
  const entries = queue.entries.filter((entry) => entry.key !== key);
  const at = index < queue.at ? queue.at - 1 : Math.min(queue.at, entries.length - 1);
  return { ...queue, entries, at };
}

/** The entry `key` moved to the place `to`. */
export function move(queue, key, to) {
  const from = queue.entries.findIndex((entry) => entry.key === key);
  if (from < 0) return queue;
  const entries = queue.entries.filter((entry) => entry.key !== key);
  entries.splice(Math.min(Math.max(to, 0), entries.length), 0, queue.entries[from]);
  const playing = current(queue)?.key;
  const ranked = queue.shuffle ? entries : entries.map((entry, rank) => ({ ...entry, rank }));
  return { ...queue, entries: ranked, at: ranked.findIndex((entry) => entry.key === playing) };
}

/** Only what has played and plays; what was to follow is dropped. */
export function withoutUpcoming(queue) {
  return { ...queue, entries: queue.entries.slice(0, queue.at + 1) };
}

/** Playing the entry `key`. */
export function jump(queue, key) {
  const at = queue.entries.findIndex((entry) => entry.key === key);
  return at < 0 ? queue : { ...queue, at };
}

/** The index that follows, or -1 at the end; a track that ended by itself may repeat. */
export function following(queue, ended = false) {
  if (ended && queue.repeat === "one") return queue.at;
  if (queue.at + 1 < queue.entries.length) return queue.at + 1;
  return queue.repeat === "all" && queue.entries.length ? 0 : -1;
}

/** The index before the playing one; the first stays unless the queue goes round. */
export function preceding(queue) {
  if (queue.at > 0) return queue.at - 1;
  return queue.repeat === "all" ? queue.entries.length - 1 : queue.at;
}

/** Shuffled: the playing entry first, the others in random order behind it. */
export function shuffled(queue, random = Math.random) {
  const here = current(queue);
  const rest = queue.entries.filter((entry) => entry !== here);
  for (let last = rest.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [rest[last], rest[other]] = [rest[other], rest[last]];
  }
  return { ...queue, shuffle: true, entries: here ? [here, ...rest] : rest, at: here ? 0 : -1 };
}

/** Back in the straight order, still playing the same entry. */
export function straight(queue) {
  const entries = [...queue.entries].sort((a, b) => a.rank - b.rank);
  return { ...queue, shuffle: false, entries, at: entries.indexOf(current(queue)) };
}

/** The next of off, all, one. */
export function repeated(queue) {
  return { ...queue, repeat: REPEATS[(REPEATS.indexOf(queue.repeat) + 1) % REPEATS.length] };
}

/** A queue as it was kept; anything that is none becomes the empty one. */
export function restored(kept) {
  const sound = Array.isArray(kept?.entries) && kept.entries.every((e) => Number.isFinite(e?.key) && Number.isFinite(e.rank) && e.track?.artist && Array.isArray(e.track.files));
  if (!sound || !kept.entries.length) return EMPTY;
  return {
    entries: kept.entries,
    at: Number.isInteger(kept.at) && kept.entries[kept.at] ? kept.at : 0,
    made: Math.max(...kept.entries.map((entry) => entry.key)),
    repeat: REPEATS.includes(kept.repeat) ? kept.repeat : "off",
    shuffle: kept.shuffle === true,
  };
}
