/** The menu of the person: who am I, theme, keys, sign out. */

import { size } from "../words.js";
import { showKeys } from "./keys.js";
import { openMenu } from "./menu.js";

const THEMES = { auto: ["light", "sun", "Theme: light"], light: ["dark", "moon", "Theme: dark"], dark: ["auto", "auto", "Theme: as the system"] };

/** The theme that was chosen: "light", "dark", or "auto". */
export function theme() {
  return document.documentElement.dataset.theme ?? "auto";
}

export function setTheme(to) {
  if (to === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = to;
  try {
    localStorage.setItem("theme", to);          // plain text: theme.js reads it before anything else runs
  } catch { /* forgotten with the page */ }
}

export function accountMenu(app, anchor) {
  const { me } = app.session;
  const [to, called, label] = THEMES[theme()];
  const leave = async () => {
    try {
      app.player.clear();
      await app.session.signOut();
      app.tell("You are signed out.");
    } catch (error) {
      app.tell(error.message);
    }
  };
  openMenu(anchor, [
    { label, called, act: () => setTheme(to) },
    { label: "Keys", called: "help", act: showKeys },
    me && { label: "Account", called: "person", href: "/settings" },
    me ? { label: "Sign out", called: "leave", act: leave } : { label: "Sign in", called: "person", href: "/login" },
  ], me && `${me.name || me.username} · @${me.full_username}`);
}

/** How much of the quota is used, as `{share, words}`, or null without one. */
export function quotaOf(me) {
  const quota = me?.quota_status;
  if (!quota || !(quota.max > 0)) return null;
  return { share: Math.min(1, quota.current / quota.max), words: `${size(quota.current * 1e6)} of ${size(quota.max * 1e6)} used` };
}

