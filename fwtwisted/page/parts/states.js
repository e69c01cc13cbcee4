/** What stands where something is not there: yet, any more, or at all. */

import { h } from "../dom.js";
import { asProblem } from "../problems.js";
import { button, linkButton } from "./buttons.js";
import { icon } from "./icons.js";

const TRY_AGAIN_AFTER = [4000, 8000, 15000, 30000];

/** Nothing here, and what to do about it. */
export function empty(called, title, words, ...actions) {
  return h("div", { class: "state" }, h("div", { class: "state-icon" }, icon(called)), h("h2", {}, title), words && h("p", {}, words), h("div", { class: "state-actions" }, actions));
}

/** It went wrong; with a button, and by itself when the trouble is of the passing kind. */
export function trouble(error, retry, { signal, round = 0 } = {}) {
  const problem = asProblem(error);
  if (problem.status === -1) console.error(error);
  let timer = null;
  const again = () => {
    clearTimeout(timer);
    gone.abort();
    retry();
  };
  const gone = new AbortController();
  if (problem.passing) {
    timer = setTimeout(again, TRY_AGAIN_AFTER[Math.min(round, TRY_AGAIN_AFTER.length - 1)]);
    addEventListener("online", again, { signal: gone.signal });
  }
  signal?.addEventListener("abort", () => {
    clearTimeout(timer);
    gone.abort();
  });
  const title = { 0: "No connection", 401: "Please sign in", 404: "Nothing here", 503: "One moment" }[problem.status] ?? "That did not work";
  const words = problem.passing ? `${problem.message} Trying again by itself.` : problem.message;
  const state = empty(problem.passing ? "cloud" : "warn", title, words, problem.status === 404 ? linkButton("Go home", "/") : button("Try again", again, { called: "retry" }));
  state.setAttribute("role", "alert");
  return state;
}

/**
 * A place that shows a skeleton, then what `fetch(signal)` brings, or the trouble it met.
 * The answer is kept in the history under `key`, so that going back shows it at once.
 */
export function awaited(ctx, key, skeleton, fetch, show) {
  const place = h("div", { class: "place" });
  let round = 0;
  const attempt = async () => {
    place.replaceChildren(skeleton());
    place.setAttribute("aria-busy", "true");
    try {
      ctx.memory[key] = await fetch(ctx.signal);
      place.replaceChildren(show(ctx.memory[key]));
      if (document.activeElement?.id === "main") place.querySelector("h1")?.focus({ preventScroll: true });
    } catch (error) {
      if (ctx.signal.aborted) return;
      place.replaceChildren(trouble(error, attempt, { signal: ctx.signal, round }));
      round += 1;
    }
    place.removeAttribute("aria-busy");
  };
  if (ctx.memory[key]) place.append(show(ctx.memory[key]));
  else attempt();
  return place;
}

/** Grey shapes where cards will be. */
export function cardSkeletons(number = 12, round = false) {
  const one = () => h("div", { class: "card" }, h("div", { class: round ? "bone cover round" : "bone cover" }), h("div", { class: "bone line" }), h("div", { class: "bone line short" }));
  return h("div", { class: "grid", "aria-hidden": "true" }, Array.from({ length: number }, one));
}

/** Grey shapes where rows will be. */
export function rowSkeletons(number = 8) {
  return h("div", { "aria-hidden": "true" }, Array.from({ length: number }, () => h("div", { class: "bone row-bone" })));
}
