/** A small menu beside the button that opened it; arrow keys, Escape and a click elsewhere as everywhere. */

import { h } from "../dom.js";
import { icon } from "./icons.js";

let close = () => {};

/** Open under `anchor`: items are `{label, called, act}` or `{label, called, href}`; null ones are left out. */
export function openMenu(anchor, items, title = null) {
  if (anchor.getAttribute("aria-expanded") === "true") return close();
  close();
  const nodes = items.filter(Boolean).map(itemOf);
  const menu = h("div", { class: "menu", role: "menu" }, title && h("div", { class: "menu-title" }, title), nodes);
  const gone = new AbortController();
  close = (back = true) => {
    gone.abort();
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    if (back) anchor.focus({ preventScroll: true });
    close = () => {};
  };
  const on = (target, event, act) => target.addEventListener(event, act, { signal: gone.signal, capture: true });
  on(document, "pointerdown", (event) => !menu.contains(event.target) && !anchor.contains(event.target) && close(false));
  on(window, "resize", () => close(false));
  on(window, "popstate", () => close(false));
  on(menu, "keydown", (event) => steer(event, nodes));
  on(menu, "focusout", (event) => event.relatedTarget && !menu.contains(event.relatedTarget) && close(false));
  anchor.setAttribute("aria-haspopup", "menu");
  anchor.setAttribute("aria-expanded", "true");
  (anchor.closest("dialog") ?? document.body).append(menu);
  place(menu, anchor);
  return nodes[0]?.focus({ preventScroll: true });
}

function itemOf({ label, called, act, href }) {
  const inner = [called && icon(called), h("span", {}, label)];
  const done = () => {
    close(!href);
    act?.();
  };
  return href ? h("a", { class: "menu-item", role: "menuitem", href, tabindex: -1, onclick: () => close(false) }, inner) : h("button", { class: "menu-item", type: "button", role: "menuitem", tabindex: -1, onclick: done }, inner);
}

function steer(event, nodes) {
  const at = nodes.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: nodes.length - 1 }[event.key];
  if (to !== undefined) nodes[(to + nodes.length) % nodes.length].focus();
  else if (event.key === "Escape" || event.key === "Tab") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = box.bottom + 6 + height < innerHeight;
  const left = Math.max(8, Math.min(box.right - width, innerWidth - width - 8));
  menu.style.setProperty("left", `${left}px`);
  menu.style.setProperty("top", `${Math.max(8, below ? box.bottom + 6 : box.top - height - 6)}px`);
}
