/** Which view an address means, and moving between them without reloading. */

const ROUTES = [
  ["home", /^\/$/],
  ["albums", /^\/albums$/],
  ["album", /^\/albums\/(\d+)$/],
  ["artists", /^\/artists$/],
  ["artist", /^\/artists\/(\d+)$/],
  ["track", /^\/tracks\/(\d+)$/],
  ["playlists", /^\/playlists$/],
  ["playlist", /^\/playlists\/(\d+)$/],
  ["podcasts", /^\/(?:podcasts|channels|subscriptions)$/],
  ["channel", /^\/channels\/([^/]+)$/],
  ["favourites", /^\/favou?rites$/],
  ["search", /^\/search$/],
  ["upload", /^\/upload$/],
  ["login", /^\/login$/],
  ["setup", /^\/setup$/],
  ["signup", /^\/signup$/],
  ["confirmAddress", /^\/auth\/email\/confirm$/],
  ["forgotten", /^\/auth\/password\/reset$/],
  ["choosePassword", /^\/auth\/password\/reset\/confirm$/],
  ["account", /^\/settings$/],
  ["authorize", /^\/authorize$/],
];

/** The view's name and number for a path; the addresses of the full Funkwhale page lead to the same views. */
export function match(path) {
  const plain = path.replace(/\/+$/, "").replace(/^\/library(?=\/|$)/, "") || "/";
  for (const [name, pattern] of ROUTES) {
    const found = pattern.exec(plain);
    if (found) return { name, id: found[1] ?? null };
  }
  return { name: "missing", id: null };
}

/** A path on this page, or `/`: what a link from outside asks to be sent to is not trusted further. */
export function inside(path) {
  return /^\/(?![/\\])/.test(path ?? "") ? path : "/";
}

/**
 * Follow links and the history; `show(place)` draws. A place is `{name, id, query, hash, memory, fresh, top}`: `memory`
 * is an object that lives as long as its entry in the history, so that going back finds everything as it was.
 */
export function makeRouter({ show }) {
  const memories = new Map();
  let key = null;

  function keep() {
    if (memories.has(key)) memories.get(key).top = scrollY;
  }

  function arrive(fresh) {
    key = history.state?.key ?? null;
    if (!key) {
      key = crypto.getRandomValues(new Uint32Array(2)).join("");
      history.replaceState({ key }, "");
    }
    if (!memories.has(key)) memories.set(key, { top: 0, views: {} });
    const kept = memories.get(key);
    show({ ...match(location.pathname), query: new URLSearchParams(location.search), hash: location.hash, memory: kept.views, fresh, top: fresh ? 0 : kept.top });
  }

  function go(address, { replace = false } = {}) {
    keep();
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    arrive(true);
  }

  function click(event) {
    const link = event.target.closest?.("a[href]");
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/") || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    go(url.pathname + url.search + url.hash);
  }

  return {
    go,
    /** Change the address without drawing again. */
    rename(address) {
      history.replaceState(history.state, "", address);
    },
    again: () => arrive(true),
    open() {
      history.scrollRestoration = "manual";
      addEventListener("popstate", () => {
        keep();
        arrive(false);
      });
      document.addEventListener("click", click);
      arrive(true);
    },
  };
}
