/** What lets apps act for a person: keys of Subsonic apps, apps that were let in, and tokens of one's own programs. */

import { h, name } from "../dom.js";
import { scopeWords } from "../scopes.js";
import { button } from "./buttons.js";
import { field, form } from "./form.js";

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const day = (text) => DAY.format(new Date(text));

/** A list that reads itself again after each change; hidden where the server does not offer it. */
function kept(app, signal, { box, read, row, none }) {
  const list = h("ul", { class: "access" });
  const draw = (items) => list.replaceChildren(...(items.length ? items.map((item) => row(item, again)) : [h("li", { class: "quiet" }, none)]));
  const again = () => read().then(draw, (error) => app.tell(error.message));
  box.append(list);
  box.hidden = true;
  read(signal).then((items) => { draw(items); box.hidden = false; }, () => null);
  return again;
}

function accessRow(title, facts, act) {
  return h("li", {}, h("span", { class: "choice-words" }, name("span", { class: "row-title" }, title), h("span", { class: "quiet" }, facts)), act);
}

/** Ask first, do it, read again. */
function endings(app, question, words, label, work, again) {
  const done = () => work().then(again, (error) => app.tell(error.message));
  return button(label, () => app.confirm(question, words, label, done), { kind: "danger" });
}

/** A secret that is shown once, ready to be copied. */
function shownOnce(value) {
  const shown = h("input", { class: "input", readonly: true, value, "aria-label": "The key", onfocus: () => shown.select() });
  const copy = button("Copy", async () => {
    shown.select();
    await navigator.clipboard?.writeText(value).catch(() => null);
  });
  return h("div", { class: "field", role: "status" }, h("p", {}, "This is the key. Put it into the app now: it is not shown again."), shown, copy);
}

/** The keys of Subsonic apps, each of which can be taken back by itself. */
export function subsonicKeys(app, signal) {
  const place = "subsonic/keys/";
  const box = h("section", { class: "door" }, h("h2", {}, "Keys of Subsonic apps"), h("p", { class: "quiet" }, "Apps that ask for an API key get one of their own. Revoke it, and only that app is out."));
  const row = (key, again) => accessRow(key.name,
    [`made ${day(key.creation_date)}`, key.last_used ? `used ${day(key.last_used)}${key.last_client ? ` by ${key.last_client}` : ""}` : "never used"].join(" · "),
    endings(app, `Revoke “${key.name}”?`, "The app that uses it is let in no more.", "Revoke", () => app.api.remove(`${place}${key.id}/`), again));
  const again = kept(app, signal, { box, row, read: async (stop) => (await app.api.get(place, { page_size: 50 }, stop)).results, none: "There are none yet." });
  const secret = h("div", {});
  const made = form([field("key-name", "Name of the app or device", { maxlength: 100 })], "Make a key", async (values) => {
    try {
      const { key } = await app.api.post(place, { name: values["key-name"] });
      secret.replaceChildren(shownOnce(key));
    } catch (error) {
      if (error.fields?.name) error.fields["key-name"] = error.fields.name;
      throw error;
    }
    made.reset();
    await again();
  });
  box.append(secret, made);
  return box;
}

/** Apps that were let in through this page, and may be sent away. */
export function grants(app, signal) {
  const box = h("section", { class: "door" }, h("h2", {}, "Apps that you let in"));
  const row = (program, again) => {
    const { look, change } = scopeWords(program.scopes);
    const facts = change.length ? "sees and changes things for you" : look.length ? "sees things for you" : "";
    return accessRow(program.name, facts, endings(app, `Send ${program.name} away?`, "It is signed out everywhere and must ask again.", "Send away", () => app.api.remove(`oauth/grants/${encodeURIComponent(program.client_id)}/`), again));
  };
  kept(app, signal, { box, row, read: (stop) => app.api.get("oauth/grants/", {}, stop), none: "There are none." });
  return box;
}

/** Programs of one's own, each with the token by which it acts. */
export function programs(app, signal) {
  const box = h("section", { class: "door" }, h("h2", {}, "Your own programs"), h("p", { class: "quiet" }, "A token lets a program or a script of yours act for you."));
  const row = (program, again) => {
    const place = `oauth/apps/${encodeURIComponent(program.client_id)}/`;
    const token = h("code", { hidden: true }, program.token ?? "");
    const show = button("Show token", () => { token.hidden = !token.hidden; });
    const renew = endings(app, `A new token for ${program.name}?`, "The one that it has is void.", "New token", () => app.api.post(`${place}refresh-token/`, {}), again);
    const gone = endings(app, `Delete ${program.name}?`, "Everybody who let it in has to do without.", "Delete", () => app.api.remove(place), again);
    return h("li", {}, h("span", { class: "choice-words" }, name("span", { class: "row-title" }, program.name), h("span", { class: "quiet" }, program.scopes), token), h("span", { class: "actions" }, program.token && show, program.token && renew, gone));
  };
  const again = kept(app, signal, { box, row, read: async (stop) => (await app.api.get("oauth/apps/", { page_size: 50 }, stop)).results, none: "There are none." });
  const made = form([field("program", "Name of the program", { maxlength: 255 }), field("scopes", "What it may do", { value: "read", hint: "read, write, or areas such as write:playlists, with blanks between them" })], "Make a token", async (values) => {
    try {
      await app.api.post("oauth/apps/", { name: values.program, scopes: values.scopes, redirect_uris: "" });
    } catch (error) {
      if (error.fields?.name) error.fields.program = error.fields.name;
      throw error;
    }
    made.reset();
    await again();
  });
  box.append(made);
  return box;
}
