/** The rows in which a person writes the rules of a playlist that fills itself. */

import { h } from "../dom.js";
import { FIELDS, kindOf, OPERATORS, rowsOf, rulesOf, SORTS, USUAL_LIMIT } from "../smart.js";
import { button, iconButton } from "./buttons.js";

const HINTS = { days: "30", number: "3", range: "1990 to 1999", date: "2026-01-31", text: "" };
const FIRST = { field: "genre", operator: "is", value: "" };

function choice(label, options, value) {
  return h("select", { class: "input", "aria-label": label }, options.map(([key, words]) => h("option", { value: key, selected: key === value }, words)));
}

function row({ field, operator, value }, gone) {
  const what = choice("Field", FIELDS, field);
  const how = h("span", {});
  const which = h("span", {});
  const measure = () => FIELDS.find(([name]) => name === what.value)[2];
  const drawValue = (kept) => {
    const kind = kindOf(what.value, how.firstChild.value);
    const input = kind === "truth" ? choice("Value", [["yes", "yes"], ["no", "no"]], kept) : h("input", { class: "input", "aria-label": "Value", value: kept, placeholder: HINTS[kind], required: true });
    which.replaceChildren(input);
  };
  const drawHow = (kept, text) => {
    const select = choice("Condition", OPERATORS[measure()], kept);
    select.addEventListener("change", () => drawValue(""));
    how.replaceChildren(select);
    drawValue(text);
  };
  what.addEventListener("change", () => drawHow(null, ""));
  drawHow(operator, value);
  const place = h("li", { class: "rule" }, what, how, which, iconButton("close", "Remove this condition", () => gone(place)));
  place.read = () => ({ field: what.value, operator: how.firstChild.value, value: which.firstChild.value });
  return place;
}

/** `{place, read()}`: rows for these rules, or for new ones. Rules with groups are kept as they are. */
export function rulesEditor(rules) {
  const shown = rules ? rowsOf(rules) : { joint: "all", rows: [FIRST], sort: "title", limit: USUAL_LIMIT };
  if (!shown) return { place: h("p", { class: "quiet" }, "Its rules have groups within groups. They are changed through the API."), read: () => rules };
  const list = h("ul", { class: "rules" });
  const add = (one) => list.append(row(one, (place) => place.remove()));
  shown.rows.forEach(add);
  const joint = choice("Which conditions", [["all", "All of these"], ["any", "Any of these"]], shown.joint);
  const known = SORTS.some(([key]) => key === shown.sort) ? SORTS : [[shown.sort, shown.sort], ...SORTS];
  const sort = choice("Order", known, shown.sort);
  const limit = h("input", { class: "input", type: "number", min: 1, max: 5000, value: shown.limit, "aria-label": "Tracks at most" });
  const place = h("fieldset", { class: "options" }, h("legend", {}, "It fills itself with music of which holds"), joint, list, button("Add a condition", () => add(FIRST), { called: "add" }), h("div", { class: "rule" }, sort, limit));
  return { place, read: () => rulesOf({ joint: joint.value, rows: [...list.children].map((one) => one.read()), sort: sort.value, limit: limit.value }) };
}
