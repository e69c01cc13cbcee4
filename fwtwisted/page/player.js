/**
 * Sound. Two audio elements take turns: one plays, the other has the next track ready, so that albums run on without
 * a gap. What plays is told by the queue (`queue.js`); whoever draws watches `state` and `clock`.
 */

import { dueAfter, sourcesOf } from "./music.js";
import * as queues from "./queue.js";
import { store } from "./store.js";

const READY_BEFORE = 30;          // seconds before the end at which the next track is fetched
const SKIP_AFTER = 1500;          // milliseconds for which a track that cannot be played is named
const GIVE_UP_AFTER = 5;          // tracks in a row that cannot be played
const NETWORK_TRIES = 3;

/**
 * @param {object} needs `decks` two audio elements; `memory` {get, set}; `token()` of the listener or null;
 *   `refresh()` renews it; `record(track)` a listening; `tell(words)`.
 */
export function makePlayer({ decks, memory, token, refresh, record, tell }) {
  const kept = memory.get("queue");
  const sound = memory.get("sound");
  const state = store({ queue: queues.restored(kept), playing: false, waiting: false, volume: sound?.volume ?? 1, muted: sound?.muted === true });
  const clock = store({ at: 0, length: 0, buffered: 0 });
  let [deck, spare] = decks;
  let loaded = null;              // {key, sources, source, from, heard, recorded, renewed, network}
  let failures = 0;
  let savedAt = 0;

  const here = () => queues.current(state.get().queue);
  const plays = (type) => deck.canPlayType(type) !== "";
  const sources = (track) => sourcesOf(track, plays, token());
  const seconds = () => (Number.isFinite(deck.duration) && deck.duration > 0 ? deck.duration : here()?.track.seconds ?? 0);

  function save() {
    savedAt = Date.now();
    memory.set("queue", { ...state.get().queue, position: clock.get().at });
  }

  function tick() {
    const { buffered, currentTime } = deck;
    const end = buffered.length ? buffered.end(buffered.length - 1) : 0;
    clock.set({ at: loaded ? Math.max(currentTime, loaded.from ?? 0) : 0, length: seconds(), buffered: end });
  }

  /** Put the queue's entry on the deck. `play` starts it; `from` is where, in seconds. */
  function load({ play, from = 0 }) {
    const entry = here();
    if (!entry) return silence();
    const ready = spare.dataset.key === String(entry.key) && !spare.error && from === 0;
    deck.pause();
    if (ready) [deck, spare] = [spare, deck];
    unload(spare);
    mark();
    loaded = { key: entry.key, sources: sources(entry.track), source: 0, from, heard: 0, last: from, recorded: false, renewed: false, network: 0 };
    if (!ready) point();
    clock.set({ at: from, length: entry.track.seconds ?? 0, buffered: 0 });
    state.set({ playing: play, waiting: play });
    if (play) begin();
    save();
  }

  function silence() {
    unload(deck);
    unload(spare);
    loaded = null;
    clock.set({ at: 0, length: 0, buffered: 0 });
    state.set({ playing: false, waiting: false });
    save();
  }

  function unload(element) {
    delete element.dataset.key;
    element.removeAttribute("src");
    element.load();
  }

  function mark() {
    deck.dataset.deck = "playing";
    spare.dataset.deck = "ready";
    level();
  }

  /** Aim the deck at the source that is to be tried now. */
  function point() {
    deck.dataset.key = loaded.key;
    deck.preload = "auto";
    deck.src = loaded.sources[loaded.source];
  }

  async function begin() {
    if (!loaded) return load({ play: true });
    const element = deck;
    try {
      await element.play();
    } catch (error) {
      if (element === deck && error.name === "NotAllowedError") state.set({ playing: false, waiting: false });
    }
    return null;
  }

  function broke() {
    if (!loaded || !deck.error) return;
    const lostOnTheWay = deck.error.code === MediaError.MEDIA_ERR_NETWORK;
    if (lostOnTheWay && loaded.network < NETWORK_TRIES) return retryLater();
    if (lostOnTheWay || navigator.onLine === false) return pauseWith("The connection to the server was lost. Press play to go on.");
    if (loaded.source + 1 < loaded.sources.length) return another(loaded.source + 1);
    return renewed();
  }

  function another(source) {
    loaded.source = source;
    loaded.from = clock.get().at;
    point();
    if (state.get().playing) begin();
  }

  function retryLater() {
    const mine = loaded;
    mine.network += 1;
    setTimeout(() => mine === loaded && another(mine.source), 1000 * 2 ** mine.network);
  }

  function pauseWith(words) {
    const at = clock.get().at;
    loaded = null;
    state.set({ playing: false, waiting: false });
    clock.set({ at });
    tell(words);
  }

  /** The listen token may have run out: fetch a new one and try once more before giving the track up. */
  async function renewed() {
    const mine = loaded;
    if (!mine.renewed && token()) {
      mine.renewed = true;
      await refresh().catch(() => null);
      if (mine !== loaded) return;
      const fresh = sources(here().track);
      if (fresh.join() !== mine.sources.join()) {
        mine.sources = fresh;
        another(0);
        return;
      }
    }
    unplayable();
  }

  function unplayable() {
    const { title } = here().track;
    failures += 1;
    const { queue, playing } = state.get();
    const goesOn = playing && failures < Math.min(GIVE_UP_AFTER, queue.entries.length) && queues.following(queue) >= 0;
    if (!goesOn) {
      const several = failures > 1;
      failures = 0;
      return pauseWith(several ? "Several tracks in a row cannot be played. Perhaps the server is busy." : `“${title}” cannot be played.`);
    }
    tell(`“${title}” cannot be played. On to the next.`);
    const mine = loaded;
    return setTimeout(() => mine === loaded && step(queues.following(state.get().queue), true), SKIP_AFTER);
  }

  function heard() {
    const delta = deck.currentTime - loaded.last;
    loaded.last = deck.currentTime;
    if (delta <= 0 || delta > 2) return;
    loaded.heard += delta;
    if (loaded.recorded || loaded.heard < dueAfter(seconds())) return;
    loaded.recorded = true;
    record(here().track);
  }

  /** Have the next track ready shortly before it is due. */
  function prepare() {
    const { queue } = state.get();
    const next = queue.entries[queues.following(queue, true)];
    const left = seconds() - deck.currentTime;
    const complete = deck.buffered.length > 0 && deck.buffered.end(deck.buffered.length - 1) >= seconds() - 1;
    if (!next || next.key === loaded.key || spare.dataset.key === String(next.key)) return;
    if (left > READY_BEFORE && !(complete && deck.currentTime > 5)) return;
    spare.dataset.key = next.key;
    spare.preload = "auto";
    [spare.src] = sources(next.track);
  }

  function step(at, play = state.get().playing) {
    if (at < 0) return pauseAtEnd();
    const again = at === state.get().queue.at;
    state.set({ queue: { ...state.get().queue, at } });
    if (again && loaded && !deck.error) {
      Object.assign(loaded, { heard: 0, recorded: false });
      seek(0);
      if (play) begin();
      return null;
    }
    return load({ play });
  }

  function pauseAtEnd() {
    const { queue } = state.get();
    state.set({ queue: { ...queue, at: 0 } });
    load({ play: false });
  }

  function seek(to) {
    const target = Math.min(Math.max(to, 0), Math.max(seconds() - 0.2, 0));
    clock.set({ at: target });
    if (!loaded) return;
    loaded.last = target;
    if (deck.readyState > 0) {
      loaded.from = null;
      deck.currentTime = target;
    } else {
      loaded.from = target;
    }
  }

  function level() {
    const { volume, muted } = state.get();
    for (const element of decks) {
      element.volume = volume * volume;               // loudness is felt, not measured
      element.muted = muted;
    }
    memory.set("sound", { volume, muted });
  }

  /** A new queue; when its playing entry is another one than before, that is put on the deck. */
  function change(queue) {
    const before = here()?.key;
    state.set({ queue });
    if (here()?.key !== before) load({ play: state.get().playing });
    else save();
  }

  const on = {
    timeupdate() {
      if (!loaded) return;
      heard();
      tick();
      prepare();
      if (Date.now() - savedAt > 5000) save();
    },
    progress: () => loaded && tick(),
    durationchange: () => loaded && tick(),
    loadedmetadata() {
      if (loaded?.from) deck.currentTime = loaded.from;
      if (loaded) loaded.from = null;
    },
    playing() {
      failures = 0;
      state.set({ playing: true, waiting: false });
    },
    waiting: () => state.set({ waiting: state.get().playing }),
    pause() {
      if (loaded && deck.paused && !deck.ended && !deck.error) state.set({ playing: false, waiting: false });
    },
    ended: () => step(queues.following(state.get().queue, true), true),
    error: broke,
  };
  for (const element of decks) {
    for (const [event, act] of Object.entries(on)) element.addEventListener(event, () => element === deck && act());
  }
  mark();
  if (here()) clock.set({ at: Number.isFinite(kept.position) ? kept.position : 0, length: here().track.seconds ?? 0 });

  const player = {
    state,
    clock,
    decks,
    get track() {
      return here()?.track ?? null;
    },
    /** Play these tracks, from the one at `index`. */
    start(tracks, index = 0) {
      const playable = tracks.filter((track) => track.files.length);
      if (!playable.length) return tell("There is nothing here that you may play.");
      failures = 0;
      state.set({ queue: queues.start(state.get().queue, playable, Math.max(0, playable.indexOf(tracks[index]))) });
      return load({ play: true });
    },
    /** Play these tracks in random order. */
    startShuffled(tracks) {
      state.set({ queue: { ...state.get().queue, shuffle: true } });
      this.start(tracks, Math.floor(Math.random() * tracks.length));
    },
    append(tracks) {
      change(queues.append(state.get().queue, tracks.filter((track) => track.files.length)));
    },
    playNext(tracks) {
      change(queues.insertNext(state.get().queue, tracks.filter((track) => track.files.length)));
    },
    remove: (key) => change(queues.remove(state.get().queue, key)),
    move: (key, to) => change(queues.move(state.get().queue, key, to)),
    clearUpcoming: () => change(queues.withoutUpcoming(state.get().queue)),
    clear() {
      state.set({ queue: { ...state.get().queue, entries: [], at: -1 } });
      silence();
    },
    jump(key) {
      failures = 0;
      state.set({ queue: queues.jump(state.get().queue, key) });
      load({ play: true });
    },
    play() {
      if (!here()) return;
      if (!loaded) load({ play: true, from: clock.get().at });
      else {
        state.set({ playing: true });
        begin();
      }
    },
    pause() {
      state.set({ playing: false, waiting: false });
      deck.pause();
    },
    toggle: () => (state.get().playing ? player.pause() : player.play()),
    next: () => queues.following(state.get().queue) >= 0 && step(queues.following(state.get().queue)),
    /** Back to the start of the track, or, near its start, to the one before. */
    previous() {
      if (!here()) return;
      if (clock.get().at > 3) seek(0);
      else step(queues.preceding(state.get().queue));
    },
    seek,
    seekBy: (delta) => here() && seek(clock.get().at + delta),
    volume(volume) {
      state.set({ volume: Math.min(Math.max(volume, 0), 1), muted: false });
      level();
    },
    mute() {
      state.set({ muted: !state.get().muted });
      level();
    },
    repeat: () => change(queues.repeated(state.get().queue)),
    shuffle() {
      const { queue } = state.get();
      change(queue.shuffle ? queues.straight(queue) : queues.shuffled(queue));
    },
    save,
  };
  return player;
}
