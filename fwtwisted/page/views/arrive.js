/** Coming in by oneself: signing up, confirming an address, choosing a new password. */

import { h } from "../dom.js";
import { field, form } from "../parts/form.js";
import { awaited } from "../parts/states.js";
import { Problem } from "../problems.js";
import { door } from "./door.js";

const NAMED = { autocapitalize: "none", spellcheck: "false" };
const LONG_ENOUGH = "At least 8 characters; a sentence is best.";

export const newPassword = (key, label = "New password") => field(key, label, { type: "password", autocomplete: "new-password", minlength: 8, hint: LONG_ENOUGH });

/** A door that leads on: words, and where to go now. */
function onward(title, words, href, label) {
  return door(title, words, h("p", {}, h("a", { class: "button primary", href }, label)));
}

/** Exchange what a form stands in for what came of it. */
function show(form, outcome) {
  form.closest(".door").replaceWith(outcome);
  outcome.querySelector("h1").focus();
}

/** What a pod asks of those who sign up: `{approval, text, fields}`. */
async function asked(app, signal) {
  const rows = await app.api.get("instance/settings/", {}, signal);
  const value = (identifier) => rows.find((row) => row.identifier === identifier)?.value;
  const approval = value("moderation__signup_approval_enabled") === true;
  const custom = approval ? value("moderation__signup_form_customization") : null;
  return { approval, open: value("users__registration_enabled") === true, text: custom?.help_text?.text ?? "", fields: custom?.fields ?? [] };
}

export function signup(ctx) {
  ctx.title("Sign up");
  return awaited(ctx, "signup", () => h("div", { class: "door" }), (signal) => asked(ctx.app, signal), (pod) => {
    const code = ctx.query.get("invitation");
    if (!pod.open && !code) return onward("By invitation only", "Nobody can make an account here without an invitation. Ask whoever runs this server.", "/login", "Sign in");
    return signupForm(ctx, pod, code);
  });
}

function signupForm(ctx, pod, code) {
  const { app } = ctx;
  const username = field("username", "User name", { ...NAMED, autocomplete: "username", pattern: "[A-Za-z0-9_]+", hint: "Letters, digits and underscores. It will be part of your address." });
  const email = field("email", "E-mail", { type: "email", autocomplete: "email" });
  const password = newPassword("password1", "Password");
  const invitation = field("invitation", "Invitation", { value: code ?? "", required: false, autocomplete: "off" });
  const answers = pod.fields.map(({ label, required, input_type: type }, at) => field(`answer-${at}`, label, { required, tag: type === "long_text" ? "textarea" : "input" }));
  invitation.box.hidden = !code;
  const send = async (values) => {
    const wish = { username: values.username, email: values.email, password1: values.password1, password2: values.password1, invitation: values.invitation || null };
    wish.request_fields = Object.fromEntries(pod.fields.map(({ label }, at) => [label, values[`answer-${at}`]]));
    const told = await app.api.post("auth/registration/", wish, { quiet: true });
    if (pod.approval) return show(made, onward("Thank you", "A moderator will look at your request. You will get mail when your account is open.", "/", "Go home"));
    if (told?.detail) return show(made, onward("Look into your mail", `A link was sent to ${values.email}. Open it, then you can sign in.`, "/login", "Sign in"));
    await app.session.refresh();
    app.tell("Welcome!");
    app.go("/", { replace: true });
  };
  const made = form([username, email, password, ...answers, invitation], pod.approval ? "Ask to be let in" : "Create my account", send, h("p", { class: "door-more" }, h("a", { href: "/login" }, "I have an account")));
  return door(`Join ${app.session.pod.name}`, pod.text || app.session.pod.about, made);
}

export function confirmAddress(ctx) {
  ctx.title("Confirm your e-mail address");
  const key = field("key", "Code", { value: ctx.query.get("key") ?? "", autocomplete: "off" });
  key.box.hidden = Boolean(key.input.value);
  const send = async (values) => {
    try {
      await ctx.app.api.post("auth/registration/verify-email/", values, { quiet: true });
    } catch (error) {
      throw error.status === 404 ? new Problem(404, "This link has been used or is too old.") : error;
    }
    await ctx.app.session.refresh();
    show(made, onward("Thank you", "Your e-mail address is confirmed.", ctx.app.session.me ? "/" : "/login", ctx.app.session.me ? "Go home" : "Sign in"));
  };
  const made = form([key], "It is mine", send);
  return door("Is this your address?", "You came by a link that was sent to your e-mail address.", made);
}

export function forgotten(ctx) {
  ctx.title("New password");
  const email = field("email", "E-mail", { type: "email", autocomplete: "email" });
  const send = async (values) => {
    await ctx.app.api.post("auth/password/reset/", values, { quiet: true });
    show(made, onward("Look into your mail", `If there is an account with the address ${values.email}, a link was sent there.`, "/login", "Sign in"));
  };
  const made = form([email], "Send me a link", send, h("p", { class: "door-more" }, h("a", { href: "/login" }, "I remember it")));
  return door("Forgotten your password?", "A link to choose a new one will be sent to the address of your account.", made);
}

export function choosePassword(ctx) {
  ctx.title("New password");
  const link = { uid: ctx.query.get("uid") ?? "", token: ctx.query.get("token") ?? "" };
  const password = newPassword("new_password2");
  const send = async ({ new_password2: chosen }) => {
    try {
      await ctx.app.api.post("auth/password/reset/confirm/", { ...link, new_password1: chosen, new_password2: chosen }, { quiet: true });
    } catch (error) {
      throw error.fields?.uid || error.fields?.token ? new Problem(400, "This link has been used or is too old. Ask for a new one.") : error;
    }
    show(made, onward("Done", "Your new password is in force. Sign in with it.", "/login", "Sign in"));
  };
  const made = form([password], "Use this password", send, h("p", { class: "door-more" }, h("a", { href: "/auth/password/reset" }, "Send me a new link")));
  return door("Choose a new password", null, made);
}
