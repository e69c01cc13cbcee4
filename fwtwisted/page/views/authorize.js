/** Letting another app in: what it asks for, yes or no, and the way back to it. */

import { h, name } from "../dom.js";
import { awaited, rowSkeletons } from "../parts/states.js";
import { asProblem } from "../problems.js";
import { byHand, hostOf, leadsOn, scopeWords } from "../scopes.js";
import { door } from "./door.js";

const PASSED_ON = ["client_id", "redirect_uri", "response_type", "state", "nonce", "code_challenge", "code_challenge_method"];
const BY_SCRIPT = { "X-Requested-With": "XMLHttpRequest" };

function area(title, areas) {
  return areas.length > 0 && h("section", { class: "leave" }, h("h2", {}, title), h("ul", {}, areas.map((words) => h("li", {}, words))));
}

function asks(scopes) {
  const { look, change, never, unknown } = scopeWords(scopes);
  return [
    area("It will see", look),
    area("It will change", change),
    never.length > 0 && h("p", { class: "quiet" }, `It also asks for ${never.join(", ")}, which no app gets.`),
    unknown.length > 0 && h("p", { class: "form-problem" }, `It also asks for ${unknown.join(", ")}, which this server does not know.`),
  ];
}

function codeByHand(code, program) {
  const shown = h("input", { class: "input", id: "code", readonly: true, value: code, onfocus: () => shown.select() });
  const copy = h("button", { type: "button", class: "button primary wide" }, h("span", {}, "Copy the code"));
  copy.addEventListener("click", async () => {
    shown.select();
    await navigator.clipboard?.writeText(code).catch(() => null);
    copy.firstChild.textContent = "Copied";
  });
  return door("Almost there", `Give this code to ${program.name}. It is good for a few minutes, once.`, h("div", { class: "form" }, h("div", { class: "field" }, h("label", { for: "code" }, "Code"), shown), copy));
}

/** Send the browser back to the app, and say so for apps that open without leaving the page. */
function wayBack(place, title, words) {
  location.assign(place);
  return door(title, words, h("p", {}, h("a", { class: "button primary", href: place }, "Go back to the app")));
}

function consent(ctx, program) {
  const { app, query } = ctx;
  const scope = query.get("scope") || program.scopes;
  const fields = { scope };
  for (const key of PASSED_ON) if (query.get(key)) fields[key] = query.get(key);
  const place = h("div", {});
  const words = h("p", { class: "form-problem", role: "alert" });
  const decide = async (allow) => {
    words.textContent = "";
    buttons.disabled = true;
    try {
      const { code, redirect_uri: back } = await app.api.form("oauth/authorize/", { ...fields, allow: String(allow) }, BY_SCRIPT);
      if (byHand(fields.redirect_uri ?? back.split("?")[0])) place.replaceChildren(codeByHand(code, program));
      else if (leadsOn(back)) place.replaceChildren(wayBack(back, "You let it in", `${program.name} may act for you now. It opens by itself, or with this button.`));
    } catch (error) {
      refused(allow, asProblem(error));
    }
    buttons.disabled = false;
    place.querySelector("h1")?.focus({ preventScroll: true });
  };
  const refused = (allow, problem) => {
    const back = problem.fields.redirect_uri;
    if (!allow && leadsOn(back) && !byHand(back.split("?")[0])) place.replaceChildren(wayBack(back, "Not let in", `${program.name} may do nothing for you.`));
    else if (!allow && problem.status === 400 && back) place.replaceChildren(door("Not let in", `${program.name} may do nothing for you. You can close this page.`));
    else if (problem.status === 401) app.session.refresh();
    else words.textContent = problem.message;
  };
  const other = h("button", { type: "button", class: "text-button", onclick: () => app.session.signOut().catch((error) => app.tell(error.message)) }, "Use another account");
  const buttons = h("fieldset", { class: "form leave-buttons" },
    h("button", { type: "button", class: "button primary wide", onclick: () => decide(true) }, h("span", {}, "Let it in")),
    h("button", { type: "button", class: "button wide", onclick: () => decide(false) }, h("span", {}, "No, thanks")));
  const host = hostOf(query.get("redirect_uri"));
  const back = host && h("p", { class: "quiet" }, "It will send you back to ", h("strong", {}, host), ".");
  const me = h("p", { class: "quiet" }, "You are signed in as ", name("strong", {}, app.session.me.username), ". ", other);
  place.append(door(`Let ${program.name} in?`, "This app wants to act for you on this server. You can take that back at any time.", h("div", {}, asks(scope), back, me, words, buttons)));
  return place;
}

export function authorize(ctx) {
  ctx.title("Let an app in");
  const client = ctx.query.get("client_id");
  if (!client) return door("This link is not complete", "It does not say which app wants to be let in. Begin again in the app.");
  const fetch = (signal) => ctx.app.api.get(`oauth/apps/${encodeURIComponent(client)}/`, {}, signal);
  return awaited(ctx, `app ${client}`, () => rowSkeletons(3), fetch, (program) => consent(ctx, program));
}
