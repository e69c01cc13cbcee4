/** Who is here, and on which pod. */

import { asProblem } from "./problems.js";
import { store } from "./store.js";

const NOBODY = { phase: "starting", pod: null, me: null, problem: null };

/** What the page needs of nodeinfo. */
function podOf(nodeinfo) {
  const { metadata = {}, software = {} } = nodeinfo;
  return {
    name: metadata.nodeName || (URL.canParse(metadata.actorId) ? new URL(metadata.actorId) : location).hostname,
    about: metadata.shortDescription ?? "",
    open: metadata.library?.anonymousCanListen === true,
    joinable: nodeinfo.openRegistrations === true,
    extensions: metadata.supportedUploadExtensions ?? [],
    version: software.version ?? "",
  };
}

export function makeSession({ api }) {
  const state = store(NOBODY);

  async function meOrNull() {
    try {
      return await api.get("users/me/", {}, undefined, { quiet: true });
    } catch (error) {
      if (error.status === 401 || error.status === 403) return null;
      throw error;
    }
  }

  async function open() {
    try {
      const nodeinfo = await api.get("instance/nodeinfo/2.0/");
      api.knownAs(nodeinfo.metadata?.actorId);
      state.set({ phase: "ready", pod: podOf(nodeinfo), me: await meOrNull(), problem: null });
    } catch (error) {
      state.set({ phase: "away", problem: asProblem(error) });
    }
  }

  return {
    state,
    open,
    get me() {
      return state.get().me;
    },
    get pod() {
      return state.get().pod;
    },
    /** Read again who is here: quota, listen token, permissions. */
    async refresh() {
      state.set({ me: await meOrNull() });
    },
    async signIn(username, password) {
      await api.form("users/login", { username, password });
      await this.refresh();
    },
    async signOut() {
      await api.form("users/logout", {});
      state.set({ me: null });
    },
    /** Make the administrator of an empty server with its one-time token. */
    async setUp(fields) {
      await api.post("setup/", fields, { quiet: true });
      await this.refresh();
    },
    lost: () => state.set({ me: null }),
  };
}
