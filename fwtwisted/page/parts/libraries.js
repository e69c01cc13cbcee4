/** Choosing the library that files go to, or making one. */

import { h } from "../dom.js";
import { PRIVACY } from "../libraries.js";
import { button, iconButton } from "./buttons.js";
import { field, form } from "./form.js";

function privacyChoice() {
  const options = PRIVACY.map(([value, label], index) => h("label", { class: "option" }, h("input", { type: "radio", name: "privacy_level", value, checked: index === 0 }), h("span", {}, label)));
  return h("fieldset", { class: "options" }, h("legend", {}, "Who may listen"), options);
}

/** The form of a new library; `done()` after it was made. */
function libraryForm(app, done, first) {
  const title = field("name", "Name of the library", { value: first ? "My music" : "", maxlength: 100, dir: "auto", hint: first ? "A library is a shelf for music with one rule for who may listen. You can make more later." : "" });
  const privacy = privacyChoice();
  const made = form([title], "Create library", async ({ name }) => {
    const privacy_level = privacy.querySelector(":checked").value;
    await app.libraries.create({ name, description: "", privacy_level });
    done();
  });
  made.insertBefore(privacy, made.children[1]);
  return made;
}

function openForm(app) {
  const dialog = h("dialog", { class: "dialog", "aria-label": "New library" }, h("div", { class: "dialog-head" }, h("h2", {}, "New library"), iconButton("close", "Close", () => dialog.close())), libraryForm(app, () => dialog.close(), false));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The line "into LIBRARY", or the form of the very first library. */
export function libraryChooser(ctx) {
  const { app } = ctx;
  const place = h("div", { class: "chooser" });
  app.libraries.state.watch(({ all, chosen }, before) => {
    if (!all || (all === before.all && place.children.length && chosen === before.chosen)) return;
    if (!all.length) {
      place.replaceChildren(h("div", { class: "card-box" }, h("h2", {}, "First, a library"), libraryForm(app, app.goOn, true)));
      return;
    }
    const options = all.map((library) => h("option", { value: library.uuid, selected: library.uuid === chosen.uuid }, `${library.name} – ${PRIVACY.find(([level]) => level === library.privacy_level)?.[1] ?? ""}`));
    const select = h("select", { id: "library", onchange: () => app.libraries.choose(select.value) }, options);
    place.replaceChildren(h("label", { for: "library" }, "Into"), h("span", { class: "select" }, select), button("New library", () => openForm(app), { called: "add" }));
  }, ctx.signal);
  return place;
}
