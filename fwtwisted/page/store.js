/** A value that can be watched. */
export function store(value) {
  const watchers = new Set();
  return {
    get: () => value,
    /** Replace parts of the value; watchers hear of it with the new and the old one. */
    set(part) {
      const before = value;
      value = { ...value, ...part };
      for (const watcher of [...watchers]) watcher(value, before);
    },
    /** Call `watcher` now and on every change until `signal` aborts. */
    watch(watcher, signal) {
      if (signal?.aborted) return;
      watchers.add(watcher);
      signal?.addEventListener("abort", () => watchers.delete(watcher));
      watcher(value, value);
    },
  };
}

/** What this browser remembers between visits; a browser that refuses simply forgets. */
export const memory = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch { /* full or forbidden: nothing depends on it */ }
  },
};
