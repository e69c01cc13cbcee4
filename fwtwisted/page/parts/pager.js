/** A list that goes on: the next page is fetched when its end comes near. */

import { h } from "../dom.js";
import { trouble } from "./states.js";

/**
 * @param ctx the view; what has been loaded is kept in its history entry under `key`.
 * @param {object} list `path` and `query` of the list; `holder` the element that takes items; `draw(items, all)` → nodes;
 *   `skeleton()`; `none()` what to show when there is nothing; `counted(number)` hears how many there are.
 */
export function pager(ctx, key, { path, query, holder, draw, skeleton, none, counted = () => {} }) {
  const { api } = ctx.app;
  const place = h("div", { class: "pager" });
  const end = h("div", { class: "pager-end" });
  const kept = (ctx.memory[key] ??= { items: [], next: null, count: null });
  let busy = false;
  let round = 0;

  function take(page) {
    kept.items.push(...page.results);
    kept.next = page.next;
    kept.count = page.count;
    show(page.results);
  }

  function show(items) {
    counted(kept.count);
    if (!kept.items.length) return place.replaceChildren(none());
    if (!holder.isConnected) place.replaceChildren(holder, end);
    return holder.append(...draw(items, kept.items));
  }

  async function more() {
    if (busy || ctx.signal.aborted) return;
    busy = true;
    end.replaceChildren(skeleton());
    try {
      const page = kept.count === null ? await api.get(path, query, ctx.signal) : await api.follow(kept.next, ctx.signal);
      end.replaceChildren();
      take(page);
      round = 0;
    } catch (error) {
      if (ctx.signal.aborted) return;
      end.replaceChildren(trouble(error, more, { signal: ctx.signal, round }));
      round += 1;
      return;
    } finally {
      busy = false;
    }
    look();
  }

  const watcher = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && kept.next && more(), { rootMargin: "900px" });
  const look = () => {                        // observing afresh fires at once when the end is still in sight
    watcher.unobserve(end);
    if (kept.next) watcher.observe(end);
  };
  ctx.signal.addEventListener("abort", () => watcher.disconnect());

  place.append(holder, end);
  if (kept.count === null) more();
  else {
    show(kept.items);
    look();
  }
  return place;
}
