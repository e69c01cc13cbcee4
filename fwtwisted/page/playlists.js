/** The person's playlists, as menus and dialogs need them. */

import { store } from "./store.js";

export const LEVELS = [
  ["me", "Only me"],
  ["followers", "My followers"],
  ["instance", "People with an account here"],
  ["everyone", "Everyone, everywhere"],
];
const THERE_ALREADY = /tracks_already_exist_in_playlist/;

export function makePlaylists({ api }) {
  const state = store({ all: null });

  return {
    state,
    clear: () => state.set({ all: null }),
    async load() {
      const all = await api.all("playlists/", { scope: "me", ordering: "-modification_date" });
      state.set({ all });
      return all;
    },
    create: (fields) => api.post("playlists/", fields),
    /** Add tracks at the end; answers whether that was done: not when some are in already, unless `again` is set. */
    async add(id, tracks, again = false) {
      try {
        await api.post(`playlists/${id}/add/`, { tracks: tracks.map((track) => track.id), allow_duplicates: again });
        return true;
      } catch (error) {
        if (THERE_ALREADY.test(error.fields?.playlist ?? "")) return false;
        throw error;
      }
    },
  };
}

/** The items with the one at `from` standing at `to`. */
export function moved(items, from, to) {
  const rest = items.filter((_, index) => index !== from);
  const place = Math.min(Math.max(to, 0), rest.length);
  return [...rest.slice(0, place), items[from], ...rest.slice(place)];
}
