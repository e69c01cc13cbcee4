/** Editing an artist, an album or a track: at once for those who may decide, as a suggestion for all others. */

import { h } from "../dom.js";
import { changesOf, FIELDS, mayDecide, textsOf } from "../edits.js";
import { iconButton } from "./buttons.js";
import { field, form } from "./form.js";

const LOOKS = 20;
const LOOK_AFTER = 150;

const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Wait until an approved edit was applied; the server does that right after it said yes. */
async function applied(app, uuid) {
  for (let look = 0; look < LOOKS; look += 1) {
    if ((await app.api.get(`mutations/${uuid}/`)).is_applied) return true;
    await later(LOOK_AFTER);
  }
  return false;
}

async function coverOf(app, input) {
  const [file] = input.files;
  if (!file) return {};
  const body = new FormData();
  body.append("file", file);
  return { cover: (await app.api.send("attachments/", body, () => null)).uuid };
}

function fieldsOf(kind, texts) {
  const fields = FIELDS[kind].map(({ key, label, hint, tag, props }) => field(key, label, { hint, tag, dir: "auto", value: texts[key], ...props }));
  return [...fields, field("cover", "New picture", { type: "file", accept: "image/png,image/jpeg", required: false })];
}

/** The form of a thing; `done(words, fresh)` when it was sent. */
function editForm(app, kind, thing, done) {
  const decides = mayDecide(app.session.me, thing);
  const before = textsOf(kind, thing);
  const fields = fieldsOf(kind, before);
  const reason = decides ? [] : [field("summary", "Why", { required: false, dir: "auto", hint: "The owner decides; a word of yours helps." })];
  const cover = fields.at(-1).input;
  return form([...fields, ...reason], decides ? "Save" : "Send suggestion", async ({ summary, ...after }) => {
    const payload = { ...changesOf(kind, before, after), ...(await coverOf(app, cover)) };
    if (!Object.keys(payload).length) return done("Nothing was changed.", false);
    const wish = { type: "update", payload, ...(decides ? { is_approved: true } : { summary }) };
    const made = await app.api.post(`${kind}s/${thing.id}/mutations/`, wish);
    if (!decides) return done("Thank you. The owner will look at it.", false);
    return (await applied(app, made.uuid)) ? done("Saved.", true) : done("Saved; it will be seen in a moment.", false);
  });
}

/** Open the form of an artist, an album or a track. */
export async function edit(app, kind, id) {
  try {
    const thing = await app.api.get(`${kind}s/${id}/`);
    if (!thing.is_local) return app.tell("This comes from another server, and can only be changed there.");
    const done = (words, fresh) => {
      dialog.close();
      app.tell(words);
      if (fresh) app.go(location.pathname + location.search, { replace: true });
    };
    const close = iconButton("close", "Close", () => dialog.close());
    const title = `Edit ${kind}`;
    const dialog = h("dialog", { class: "dialog", "aria-label": title }, h("div", { class: "dialog-head" }, h("h2", {}, title), close), editForm(app, kind, thing, done));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    return dialog.showModal();
  } catch (error) {
    return app.tell(error.message);
  }
}

/** The entry of a menu; nothing for visitors. */
export function editItem(app, kind, id) {
  return app.session.me && { label: `Edit ${kind}`, called: "pencil", act: () => edit(app, kind, id) };
}
