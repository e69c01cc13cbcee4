/**
 * Files on their way to the server: two at a time, each one waiting → sending → importing → done, skipped or failed.
 *
 * Files go in batches of forty under one `import_reference`, so that asking what became of them takes one page of the
 * list, and settled batches are asked about no more.
 */

import { asProblem, importWords } from "./problems.js";
import { store } from "./store.js";

const AT_ONCE = 2;
const BATCH = 40;
const ASK_AFTER = [500, 1000, 1500, 2500, 4000];       // milliseconds, growing while nothing changes
const MEGABYTE = 1_000_000;
const SETTLED = new Set(["finished", "skipped", "errored"]);

/** Files of a kind that the server reads, and how many others were left out. */
export function sorted(files, extensions) {
  const known = new Set(extensions.map((extension) => extension.toLowerCase()));
  const ending = (file) => /\.([^.]+)$/.exec(file.name)?.[1].toLowerCase() ?? "";
  const music = files.filter((file) => !file.name.startsWith(".") && (known.has(ending(file)) || (!known.size && file.type.startsWith("audio/"))));
  return { music, others: files.filter((file) => !music.includes(file)) };
}

/** How many items are in each state. */
export function tally(items) {
  const found = { waiting: 0, sending: 0, importing: 0, done: 0, skipped: 0, failed: 0, cancelled: 0 };
  for (const item of items) found[item.state] += 1;
  return found;
}

/**
 * @param {object} needs `send(form fields, progress, signal)` → the upload; `ask(reference)` → the batch's uploads;
 *   `room()` bytes left or null; `arrived()` after something was imported; `later(act, milliseconds)`.
 */
export function makeUploads({ send, ask, room, arrived, later, now = () => new Date() }) {
  const state = store({ items: [] });
  const watchers = new Set();
  let made = 0;
  let batch = { reference: null, size: BATCH };
  let quiet = 0;
  let asking = false;

  const items = () => state.get().items;

  function update(item, part) {
    Object.assign(item, part);
    for (const watcher of watchers) watcher(item);
  }

  function add(files, library) {
    const fresh = files.map((file) => {
      made += 1;
      return { id: made, file, name: file.path || file.name, size: file.size, library, state: "waiting", sent: 0, words: "", uuid: null, track: null };
    });
    state.set({ items: [...items(), ...fresh] });
    pump();
  }

  function pump() {
    while (items().filter((item) => item.state === "sending").length < AT_ONCE) {
      const next = items().find((item) => item.state === "waiting");
      if (!next) return;
      run(next);
    }
  }

  function referenceForNext() {
    if (batch.size >= BATCH) batch = { reference: `${now().toISOString()} ${made}`, size: 0 };
    batch.size += 1;
    return batch.reference;
  }

  /** Why a file need not even be sent, in words. */
  function hopeless(item) {
    if (item.size === 0) return "The file is empty.";
    const left = room();
    const ahead = items().filter((other) => other.state === "sending").reduce((sum, other) => sum + other.size, 0);
    return left != null && item.size > left - ahead ? "There is not enough space left for you on this server." : "";
  }

  /** Send one file; it is "sending" or "failed" already when this returns. */
  async function run(item) {
    const words = hopeless(item);
    if (words) {
      update(item, { state: "failed", words });
      return;
    }
    item.stop = new AbortController();
    update(item, { state: "sending", sent: 0, words: "" });
    try {
      const reference = referenceForNext();
      const fields = { library: item.library, import_reference: reference, source: `upload://${item.file.name}`, audio_file: item.file };
      const upload = await send(fields, (bytes) => update(item, { sent: Math.min(bytes, item.size) }), item.stop.signal);
      update(item, { state: "importing", sent: item.size, uuid: upload.uuid, reference });
      settle(item, upload);
      askSoon();
    } catch (error) {
      const cancelled = error.name === "AbortError";
      update(item, cancelled ? { state: "cancelled" } : { state: "failed", words: asProblem(error).message });
    }
    pump();
  }

  function settle(item, upload) {
    if (!SETTLED.has(upload.import_status)) return false;
    const outcome = { finished: "done", skipped: "skipped", errored: "failed" }[upload.import_status];
    update(item, { state: outcome, words: importWords(upload), track: upload.track });
    return true;
  }

  function askSoon() {
    if (asking) return;
    asking = true;
    later(askAll, ASK_AFTER[Math.min(quiet, ASK_AFTER.length - 1)]);
  }

  async function askAll() {
    const importing = items().filter((item) => item.state === "importing");
    let changed = 0;
    for (const reference of new Set(importing.map((item) => item.reference))) {
      const found = await ask(reference).catch(() => []);
      const byUuid = new Map(found.map((upload) => [upload.uuid, upload]));
      const mine = importing.filter((item) => item.reference === reference && byUuid.has(item.uuid));
      changed += mine.filter((item) => settle(item, byUuid.get(item.uuid))).length;
    }
    asking = false;
    quiet = changed ? 0 : quiet + 1;
    if (changed) arrived();
    if (items().some((item) => item.state === "importing")) askSoon();
  }

  function retry(item) {
    update(item, { state: "waiting", sent: 0, words: "", uuid: null });
    pump();
  }

  return {
    state,
    add,
    retry,
    retryAll: () => items().filter((item) => item.state === "failed").forEach(retry),
    cancel(item) {
      if (item.state === "sending") item.stop.abort();
      else if (item.state === "waiting") update(item, { state: "cancelled" });
    },
    cancelAll() {
      items().filter((item) => item.state === "waiting").forEach(this.cancel);
      items().filter((item) => item.state === "sending").forEach(this.cancel);
    },
    /** Forget what is over and went well, or was cancelled. */
    tidy: () => state.set({ items: items().filter((item) => !["done", "skipped", "cancelled"].includes(item.state)) }),
    /** Hear of each item that changes, until `signal` aborts. */
    follow(watcher, signal) {
      watchers.add(watcher);
      signal?.addEventListener("abort", () => watchers.delete(watcher));
    },
    get active() {
      return items().some((item) => item.state === "waiting" || item.state === "sending");
    },
  };
}

/** Bytes that a person may still upload, from `users/me`, or null when there is no word of a limit. */
export function roomOf(me) {
  const quota = me?.quota_status;
  return quota && quota.max > 0 ? quota.remaining * MEGABYTE : null;
}
