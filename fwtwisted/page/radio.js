/** A radio that goes on: the server says what comes next, and the queue gets it before it runs out. */

import { trackOf } from "./music.js";

const AHEAD = 3;

/**
 * What a radio does after the queue changed from `before` to `queue`; `keys` are the entries that it put there.
 * It ends when nothing of it is left, or when somebody cleared what was to follow.
 */
export function stepOf(before, queue, keys) {
  if (!queue.entries.some((entry) => keys.has(entry.key))) return "end";
  const left = queue.entries.length - 1 - queue.at;
  const same = before.entries[before.at]?.key === queue.entries[queue.at]?.key;
  if (same && left === 0 && before.entries.length - 1 - before.at > 0) return "end";
  return left < AHEAD ? "more" : "wait";
}

/** Radios for this player; one at a time. */
export function makeRadio({ api, player, tell }) {
  let current = null;             // {session, keys, busy}

  const tuned = (radio) => current === radio;
  const next = async (session) => trackOf((await api.post("radios/tracks/", { session })).track, api.own);
  const entriesNow = () => player.state.get().queue.entries;

  function add(radio, track) {
    const known = new Set(entriesNow().map((entry) => entry.key));
    player.append([track]);
    for (const entry of entriesNow()) if (!known.has(entry.key)) radio.keys.add(entry.key);
  }

  async function feed(radio) {
    if (radio.busy) return;
    radio.busy = true;
    try {
      while (tuned(radio) && stepOf(player.state.get().queue, player.state.get().queue, radio.keys) === "more") {
        const track = await next(radio.session);
        if (tuned(radio)) add(radio, track);
      }
    } catch (error) {
      if (error.status === 404 && tuned(radio)) current = null;         // everything was played
      else if (!error.passing) tell(error.message);
    } finally {
      radio.busy = false;
    }
  }

  player.state.watch((now, before) => {
    if (!current || now.queue === before.queue) return;
    const step = stepOf(before.queue, now.queue, current.keys);
    if (step === "end") current = null;
    else if (step === "more") feed(current);
  });

  return {
    /** Listen to the radio that `wish` describes, as the server's sessions want it. */
    async start(wish) {
      try {
        const { id } = await api.post("radios/sessions/", wish);
        const first = await next(id);
        current = null;
        player.start([first]);
        current = { session: id, keys: new Set(entriesNow().map((entry) => entry.key)), busy: false };
        feed(current);
      } catch (error) {
        tell(error.status === 404 ? "There is nothing to play for this radio." : error.message);
      }
    },
  };
}
