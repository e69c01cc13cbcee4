/** Short messages at the edge of the page, read aloud politely, gone by themselves. */

import { h } from "../dom.js";
import { iconButton } from "./buttons.js";

const STAYS = 6000;
const AT_ONCE = 3;

export function makeToasts() {
  const place = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

  /** Say `words`, with perhaps one thing to do: `{label, act}`. */
  function tell(words, offer = null) {
    if ([...place.children].some((child) => child.dataset.words === words)) return;
    const leave = () => toast.remove();
    const act = () => {
      leave();
      offer.act();
    };
    const toast = h("div", { class: "toast", data: { words } }, h("p", {}, words), offer && h("button", { type: "button", class: "text-button", onclick: act }, offer.label), iconButton("close", "Dismiss", leave));
    while (place.children.length >= AT_ONCE) place.firstChild.remove();
    place.append(toast);
    let timer = setTimeout(leave, STAYS);
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", () => {
      timer = setTimeout(leave, STAYS / 2);
    });
  }

  return { place, tell };
}
