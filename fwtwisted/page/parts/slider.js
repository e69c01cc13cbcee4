/** A native range input that also shows how far it is, so that keyboard and screen reader come for free. */

import { h } from "../dom.js";

/** `changed(value)` hears the value that was let go, `moving(value)` each one on the way. */
export function slider(label, { max = 1, step = 0.01, changed = () => {}, moving = () => {}, ...props } = {}) {
  const input = h("input", { type: "range", class: "slider", min: 0, max, step, "aria-label": label, ...props });
  input.held = false;
  const paint = () => input.style.setProperty("--at", `${(100 * input.value) / (input.max || 1)}%`);
  input.addEventListener("input", () => {
    input.held = true;
    paint();
    moving(Number(input.value));
  });
  input.addEventListener("change", () => {
    input.held = false;
    changed(Number(input.value));
  });
  /** Show a value from outside, unless a finger is on it. */
  input.show = (value, most = input.max, spoken = null) => {
    if (input.held) return;
    if (Number(input.max) !== most) input.max = most;
    input.value = value;
    if (spoken !== null) input.setAttribute("aria-valuetext", spoken);
    paint();
  };
  return input;
}
