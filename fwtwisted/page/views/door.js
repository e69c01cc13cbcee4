/** Coming in: signing in, and making the administrator of a new server. */

import { h } from "../dom.js";
import { field, form } from "../parts/form.js";
import { mark } from "../parts/icons.js";
import { Problem } from "../problems.js";
import { inside } from "../router.js";

export function door(title, words, body) {
  return h("div", { class: "door" }, h("div", { class: "door-mark" }, mark()), h("h1", { tabindex: -1, dir: "auto" }, title), words && h("p", { class: "quiet" }, words), body);
}

export function login(ctx) {
  const { app } = ctx;
  ctx.title("Sign in");
  const next = ctx.name === "login" ? inside(ctx.query.get("next")) : location.pathname + location.search;
  const username = field("username", "User name or e-mail", { autocomplete: "username", autocapitalize: "none", spellcheck: "false" });
  const password = field("password", "Password", { type: "password", autocomplete: "current-password" });
  const send = async (values) => {
    try {
      await app.session.signIn(values.username, values.password);
    } catch (error) {
      if (!/^Unable to log in/.test(error.message)) throw error;
      throw new Problem(400, "This name and password do not fit together.");
    }
    app.go(next, { replace: true });
  };
  const { pod } = app.session;
  const others = h("p", { class: "door-more" }, h("a", { href: "/auth/password/reset" }, "Forgotten your password?"), pod.joinable && [" · ", h("a", { href: "/signup" }, "Make an account")]);
  const look = pod.open && h("p", { class: "door-more" }, h("a", { href: "/" }, "Look around without signing in"));
  return door(pod.name, pod.about || "Sign in to hear your music.", form([username, password], "Sign in", send, others, look));
}

export function setup(ctx) {
  const { app } = ctx;
  ctx.title("Set up");
  const given = decodeURIComponent(ctx.hash.slice(1));
  const token = field("token", "One-time code", { value: given, autocomplete: "off", hint: "It stands in the link that the server printed when it started." });
  const username = field("username", "User name", { autocomplete: "username", autocapitalize: "none", spellcheck: "false", pattern: "[A-Za-z0-9_]+", hint: "Letters, digits and underscores. It will be part of your address." });
  const email = field("email", "E-mail", { type: "email", autocomplete: "email" });
  const password = field("password", "Password", { type: "password", autocomplete: "new-password", minlength: 8, hint: "At least 8 characters; a sentence is best." });
  token.box.hidden = Boolean(given);
  const send = async (values) => {
    try {
      await app.session.setUp(values);
    } catch (error) {
      if (error.fields?.token) token.box.hidden = false;
      throw error.status === 403 ? new Problem(403, "This link has been used or is too old. Start the server again for a new one, or sign in if you have an account.") : error;
    }
    app.tell("Welcome! This server is yours now.");
    app.go("/", { replace: true });
  };
  return door("Welcome to your server", "Make the first account. It may change everything here.", form([token, username, email, password], "Create my account", send));
}

export function missing(ctx) {
  ctx.title("Not found");
  return h("div", { class: "door" }, h("h1", { tabindex: -1 }, "There is no such page"), h("p", { class: "quiet" }, "The link may be old, or it was never here."), h("p", {}, h("a", { class: "button primary", href: "/" }, "Go home")));
}
