/** The frame around every view: navigation, search, account, player. */

import { h } from "../dom.js";
import { accountMenu, quotaOf } from "./account.js";
import { icon, mark } from "./icons.js";

const PLACES = [
  { href: "/", label: "Home", called: "home", views: ["home"] },
  { href: "/albums", label: "Albums", called: "albums", views: ["albums", "album"] },
  { href: "/artists", label: "Artists", called: "artists", views: ["artists", "artist"] },
  { href: "/playlists", label: "Playlists", called: "playlist", views: ["playlists", "playlist"] },
  { href: "/podcasts", label: "Podcasts", called: "podcast", views: ["podcasts", "channel"] },
  { href: "/favourites", label: "Favourites", called: "heart", views: ["favourites"], mine: true },
  { href: "/upload", label: "Add music", called: "upload", views: ["upload"], mine: true },
];
const BARE = new Set(["login", "setup", "signup", "confirmAddress", "forgotten", "choosePassword"]);
const WAIT = 180;

function searchField(app) {
  let timer = null;
  const input = h("input", { type: "search", class: "search-input", placeholder: "Search", "aria-label": "Search artists, albums and tracks", autocomplete: "off", spellcheck: "false", dir: "auto" });
  const now = () => {
    clearTimeout(timer);
    app.find(input.value);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(now, WAIT);
  });
  const field = h("form", { class: "search", role: "search", onsubmit: (event) => { event.preventDefault(); now(); } }, icon("search"), input, h("kbd", { "aria-hidden": "true" }, "/"));
  return { field, input };
}

function navigation() {
  const links = PLACES.map(({ href, label, called, views, mine }) => h("a", { class: "nav-link", href, data: { views: views.join(" "), ...(mine && { mine: "" }) } }, icon(called), h("span", {}, label)));
  return { nav: h("nav", { class: "nav", "aria-label": "Main" }, links), links };
}

/** Build the frame; `stage` is where views go. */
export function shell(app, bar) {
  const { field, input } = searchField(app);
  const { nav, links } = navigation();
  const brand = h("a", { class: "brand", href: "/" }, mark(), h("span", { class: "brand-name", dir: "auto" }));
  const quota = h("a", { class: "quota", href: "/upload" });
  const account = h("button", { type: "button", class: "account", "aria-haspopup": "menu", onclick: () => accountMenu(app, account) });
  const enter = h("a", { class: "button primary enter", href: "/login" }, "Sign in");
  const stage = h("main", { class: "stage-main", id: "main", tabindex: -1 });
  const root = h("div", { class: "shell" }, h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); stage.focus(); } }, "Skip to content"), h("aside", { class: "side", "aria-label": "Sidebar" }, brand, nav, quota), h("header", { class: "top" }, h("a", { class: "brand small", href: "/", "aria-label": "Home" }, mark()), field, h("div", { class: "top-end" }, enter, account)), stage, app.panel.place, bar);

  app.session.state.watch(({ me, pod }) => {
    brand.querySelector(".brand-name").textContent = pod?.name ?? "";
    account.replaceChildren(...[me ? h("span", { class: "avatar", "aria-hidden": "true" }, (me.name || me.username).slice(0, 1).toUpperCase()) : icon("person"), me && h("span", { class: "account-name", dir: "auto" }, me.name || me.username)].filter(Boolean));
    enter.hidden = Boolean(me);
    account.setAttribute("aria-label", me ? `Account of ${me.name || me.username}` : "Settings");
    root.classList.toggle("visitor", !me);
    const used = quotaOf(me);
    quota.hidden = !used;
    if (used) {
      const fill = h("span", { class: "meter-fill", style: { "--at": `${used.share * 100}%` } });
      quota.replaceChildren(h("span", { class: "meter", "aria-hidden": "true" }, fill), h("span", {}, used.words));
    }
  });

  return {
    root,
    stage,
    focusSearch() {
      input.focus();
      input.select();
    },
    /** Mark where we are. */
    at(view, query) {
      for (const link of links) {
        const here = link.dataset.views.split(" ").includes(view);
        if (here) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      if (document.activeElement !== input) input.value = query;
      root.classList.toggle("bare", BARE.has(view));
    },
  };
}

