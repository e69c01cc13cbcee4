/** Asking before something is gone. */

import { h } from "../dom.js";
import { button } from "./buttons.js";

/** `keep` is what the button says that changes nothing. */
export function confirm(title, words, label, act, keep = "Keep") {
  const go = () => {
    dialog.close();
    act();
  };
  const dialog = h("dialog", { class: "dialog", "aria-label": title }, h("h2", { dir: "auto" }, title), h("p", { class: "quiet" }, words), h("div", { class: "actions end" }, button(keep, () => dialog.close()), button(label, go, { kind: "danger" })));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
