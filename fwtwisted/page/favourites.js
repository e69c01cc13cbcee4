/** Which tracks the person loves; hearts anywhere on the page follow it. */

import { store } from "./store.js";

export function makeFavourites({ api, tell }) {
  const state = store({ ids: new Set() });

  const mark = (id, loved) => {
    const ids = new Set(state.get().ids);
    if (loved) ids.add(id);
    else ids.delete(id);
    state.set({ ids });
  };

  return {
    state,
    has: (id) => state.get().ids.has(id),
    async load() {
      const { results } = await api.get("favorites/tracks/all/");
      state.set({ ids: new Set(results.map((item) => item.track)) });
    },
    clear: () => state.set({ ids: new Set() }),
    /** Love it or no longer; shown at once, taken back when the server refuses. */
    async toggle(track) {
      const loved = !state.get().ids.has(track.id);
      mark(track.id, loved);
      try {
        await api.post(loved ? "favorites/tracks/" : "favorites/tracks/remove/", { track: track.id });
      } catch (error) {
        mark(track.id, !loved);
        tell(error.message);
      }
    },
  };
}
