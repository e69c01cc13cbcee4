/** The person's libraries, and the one that new files go to. */

import { store } from "./store.js";

export const PRIVACY = [
  ["me", "Only me"],
  ["instance", "People with an account here"],
  ["everyone", "Everyone, everywhere"],
];

export function makeLibraries({ api, memory }) {
  const state = store({ all: null, chosen: null });

  /** The remembered one while it exists, else the first. */
  function settle(all, wanted = memory.get("library")) {
    const chosen = all.find((library) => library.uuid === wanted) ?? all[0] ?? null;
    state.set({ all, chosen });
    return all;
  }

  return {
    state,
    clear: () => state.set({ all: null, chosen: null }),
    load: async () => settle(await api.all("libraries/", { scope: "me", ordering: "name" })),
    choose(uuid) {
      memory.set("library", uuid);
      settle(state.get().all, uuid);
    },
    async create(fields) {
      const made = await api.post("libraries/", fields);
      memory.set("library", made.uuid);
      settle([...(state.get().all ?? []), made], made.uuid);
    },
  };
}
