/** Playing by keyboard; the dialog that lists the keys also switches them off. */

import { h } from "../dom.js";
import { memory } from "../store.js";
import { iconButton } from "./buttons.js";

const KEYS = [
  [["Space"], "Play or pause"],
  [["←", "→"], "5 seconds back or on"],
  [["N", "P"], "Next or previous track"],
  [["⇧ ↑", "⇧ ↓"], "Louder or quieter"],
  [["M"], "Mute"],
  [["S", "R"], "Shuffle, repeat"],
  [["F"], "Love what plays"],
  [["Q"], "Show the queue"],
  [["/"], "Search"],
  [["?"], "This list"],
];

function actions(app) {
  const { player } = app;
  const louder = (delta) => player.volume(player.state.get().volume + delta);
  return {
    " ": player.toggle, ArrowLeft: () => player.seekBy(-5), ArrowRight: () => player.seekBy(5), n: player.next, p: player.previous,
    "shift+ArrowUp": () => louder(0.05), "shift+ArrowDown": () => louder(-0.05), m: player.mute, s: player.shuffle, r: player.repeat,
    f: () => player.track && app.session.me && app.favourites.toggle(player.track), q: app.panel.toggle, "/": app.search, "?": () => showKeys(),
  };
}

/** Whether the key belongs to the thing that has the focus: typing, sliders, buttons with Space. */
function taken(event) {
  const { target, key } = event;
  if (target.closest?.("input:not([type=range]), textarea, select, [contenteditable], [role=menu], dialog[open]")) return true;
  if (target.closest?.("input[type=range]")) return key.startsWith("Arrow");
  return key === " " && Boolean(target.closest?.("button, a, summary"));
}

export function followKeys(app) {
  const table = actions(app);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || taken(event)) return;
    if (memory.get("keys") === false && event.key !== "?") return;
    const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = table[event.shiftKey && event.key.length > 1 ? `shift+${plain}` : plain];
    if (!act || (event.repeat && !plain.startsWith("Arrow"))) return;
    event.preventDefault();
    act();
  });
}

export function showKeys() {
  const rows = KEYS.flatMap(([keys, words]) => [h("dt", {}, keys.map((key) => h("kbd", {}, key))), h("dd", {}, words)]);
  const on = h("input", { type: "checkbox", checked: memory.get("keys") !== false, onchange: () => memory.set("keys", on.checked) });
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "keys-title" }, h("div", { class: "dialog-head" }, h("h2", { id: "keys-title" }, "Keys"), iconButton("close", "Close", () => dialog.close())), h("dl", { class: "keys" }, rows), h("label", { class: "check" }, on, "Use these keys"));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}
