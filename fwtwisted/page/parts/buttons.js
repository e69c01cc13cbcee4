/** Buttons: with words, or with an icon that has a name for everybody. */

import { h } from "../dom.js";
import { icon } from "./icons.js";

/** An icon button; `label` is its tooltip and its name. */
export function iconButton(called, label, onclick, props = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...props }, icon(called));
}

/** Change what an icon button shows and is called. */
export function relabel(button, called, label) {
  if (button.getAttribute("aria-label") !== label) {
    button.setAttribute("aria-label", label);
    button.title = label;
  }
  if (button.dataset.icon !== called) {
    button.dataset.icon = called;
    button.replaceChildren(icon(called));
  }
}

/** A button with words, and perhaps an icon before them. */
export function button(text, onclick, { kind = "plain", called = null, ...props } = {}) {
  return h("button", { type: "button", class: `button ${kind}`, onclick, ...props }, called && icon(called), h("span", {}, text));
}

/** A link that looks like a button. */
export function linkButton(text, href, { kind = "plain", called = null } = {}) {
  return h("a", { class: `button ${kind}`, href }, called && icon(called), h("span", {}, text));
}

/** The heart of a track; every heart of the same track follows (`paintHearts`). */
export function heart(app, track) {
  if (!app.session.me) return null;
  const node = iconButton("heart", "", () => app.favourites.toggle(track), { class: "icon-button heart", data: { heart: track.id } });
  paintHeart(node, app.favourites.has(track.id));
  return node;
}

export function paintHeart(node, loved) {
  node.setAttribute("aria-pressed", String(loved));
  relabel(node, "heart", loved ? "Remove from favourites" : "Add to favourites");
}
