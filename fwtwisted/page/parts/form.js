/** Forms that say at the field what is wrong with it. */

import { h } from "../dom.js";
import { asProblem } from "../problems.js";

/** A labelled input, or another `tag`; `hint` stands under it until an error takes its place. */
export function field(key, label, { hint = "", tag = "input", ...props } = {}) {
  const note = h("small", { class: "field-note", id: `${key}-note` }, hint);
  const input = h(tag, { class: "input", id: key, name: key, "aria-describedby": `${key}-note`, required: true, ...props });
  const box = h("div", { class: "field" }, h("label", { for: key }, label), input, note);
  const wrong = (words) => {
    note.textContent = words || hint;
    box.classList.toggle("wrong", Boolean(words));
    input.setAttribute("aria-invalid", String(Boolean(words)));
  };
  input.addEventListener("input", () => wrong(""));
  return { box, input, key, wrong };
}

/** A form of fields; `send(values)` does it, its Problem is shown where it belongs. */
export function form(fields, submit, send, ...more) {
  const words = h("p", { class: "form-problem", role: "alert" });
  const go = h("button", { type: "submit", class: "button primary wide" }, h("span", {}, submit));
  const sent = async (event) => {
    event.preventDefault();
    words.textContent = "";
    go.disabled = true;
    go.setAttribute("aria-busy", "true");
    try {
      await send(Object.fromEntries(fields.map(({ key, input }) => [key, input.value])));
    } catch (error) {
      show(asProblem(error));
    } finally {
      go.disabled = false;
      go.removeAttribute("aria-busy");
    }
  };
  const show = (problem) => {
    const bad = fields.filter(({ key }) => problem.fields[key]);
    for (const one of bad) one.wrong(problem.fields[one.key]);
    if (bad.length) bad[0].input.focus();
    else words.textContent = problem.message;
  };
  return h("form", { class: "form", onsubmit: sent }, fields.map((one) => one.box), words, go, more);
}
