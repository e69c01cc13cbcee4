/** One's own account: its password, its address, what lets apps in, and leaving. */

import { h } from "../dom.js";
import { grants, programs, subsonicKeys } from "../parts/access.js";
import { button } from "../parts/buttons.js";
import { field, form } from "../parts/form.js";
import { newPassword } from "./arrive.js";

function section(title, words, body) {
  return h("section", { class: "door" }, h("h2", {}, title), words && h("p", { class: "quiet" }, words), body);
}

const current = (key, label = "Password now") => field(key, label, { type: "password", autocomplete: "current-password" });

function password(app) {
  const send = async (values) => {
    const { "new-password": chosen } = values;
    try {
      await app.api.post("auth/registration/change-password/", { old_password: values.old_password, new_password1: chosen, new_password2: chosen });
    } catch (error) {
      if (error.fields?.new_password2) error.fields["new-password"] = error.fields.new_password2;
      throw error;
    }
    await app.session.refresh();
    made.reset();
    app.tell("Your password was changed. You were signed out everywhere else.");
  };
  const made = form([current("old_password"), newPassword("new-password")], "Change password", send);
  return section("Password", null, made);
}

function address(app) {
  const email = field("email", "New e-mail address", { type: "email", autocomplete: "email" });
  const send = async (values) => {
    await app.api.post("users/change-email/", values);
    made.reset();
    app.tell(`A link was sent to ${values.email}. Open it to make the change.`);
  };
  const made = form([email, current("password")], "Change address", send);
  return section("E-mail", `It is ${app.session.me.email} now.`, made);
}

/** The secret by which Subsonic apps sign in; not shown where the server serves none. */
function subsonic(app, signal) {
  const place = `users/${app.session.me.username}/subsonic-token/`;
  const shown = h("code", {});
  const box = section("Subsonic apps", "They sign in with your user name and this secret, not with your password.", h("p", {}, shown));
  const acts = h("div", { class: "actions" });
  const paint = (token) => {
    shown.textContent = token ?? "There is none yet.";
    acts.replaceChildren(button(token ? "Draw a new one" : "Draw one", renew), ...(token ? [button("Remove it", remove, { kind: "danger" })] : []));
  };
  const tried = (work) => work.catch((error) => app.tell(error.message));
  const renew = () => tried(app.api.post(place, {}).then((told) => paint(told.subsonic_api_token)));
  const remove = () => tried(app.api.remove(place).then(() => paint(null)));
  box.append(acts);
  box.hidden = true;
  app.api.get(place, {}, signal).then((told) => { paint(told.subsonic_api_token); box.hidden = false; }).catch(() => null);
  return box;
}

function leaving(app) {
  const send = async ({ leaving: secret }) => {
    try {
      await app.api.remove("users/me/", { password: secret, confirm: true });
    } catch (error) {
      if (error.fields?.password) error.fields.leaving = error.fields.password;
      throw error;
    }
    app.player.clear();
    app.session.lost();
    app.tell("Your account is closed. What it held is being removed.");
    app.go("/login", { replace: true });
  };
  return section("Leave for good", "Your uploads, libraries and favourites are removed. Your user name stays taken.", form([current("leaving")], "Delete my account", send));
}

export function account(ctx) {
  const { app } = ctx;
  ctx.title("Account");
  return h("div", {}, h("div", { class: "door" }, h("h1", { tabindex: -1 }, "Account")), password(app), address(app), subsonic(app, ctx.signal), subsonicKeys(app, ctx.signal), grants(app, ctx.signal), programs(app, ctx.signal), leaving(app));
}
