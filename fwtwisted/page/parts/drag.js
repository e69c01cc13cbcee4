/** Rows that are put in another order: by dragging their grip, or with the arrow keys on it. */

import { iconButton } from "./buttons.js";

const EDGE = 50;
const STEP = 12;

/** The grip of a row; `move(to)` when it was let go at another place among its siblings in `list`. */
export function gripOf(title, row, list, move) {
  const grip = iconButton("grip", `Move ${title}: arrow keys or drag`, null, { class: "icon-button grip" });
  grip.addEventListener("pointerdown", (event) => drag(event, row(), list, move));
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    move([...list.children].indexOf(row()) + step);
  });
  return grip;
}

/** What scrolls around a list, and where its edges are. */
function scrollerOf(list) {
  const panel = list.closest(".panel-inner");
  if (panel) return { element: panel, edges: () => panel.getBoundingClientRect() };
  return { element: document.scrollingElement, edges: () => ({ top: 0, bottom: innerHeight }) };
}

/** Drag a row among its siblings with any pointer; `dropped(index)` when it is let go somewhere else. */
function drag(event, row, list, dropped) {
  if (event.button !== 0) return;
  event.preventDefault();
  const rows = [...list.children];
  const from = rows.indexOf(row);
  const height = row.offsetHeight;
  const { element: scroller, edges } = scrollerOf(list);
  const begin = event.clientY + scroller.scrollTop;
  let to = from;
  row.setPointerCapture(event.pointerId);
  row.classList.add("dragged");
  const moved = (move) => {
    const { top, bottom } = edges();
    if (move.clientY > bottom - EDGE) scroller.scrollTop += STEP;
    if (move.clientY < top + EDGE) scroller.scrollTop -= STEP;
    const way = move.clientY + scroller.scrollTop - begin;
    to = Math.min(Math.max(from + Math.round(way / height), 0), rows.length - 1);
    row.style.setProperty("transform", `translateY(${way}px)`);
    rows.forEach((other, index) => {
      const shift = index > from && index <= to ? -height : index < from && index >= to ? height : 0;
      if (other !== row) other.style.setProperty("transform", shift ? `translateY(${shift}px)` : "");
    });
  };
  const over = () => {
    row.removeEventListener("pointermove", moved);
    for (const other of rows) other.style.removeProperty("transform");
    row.classList.remove("dragged");
    if (to !== from) dropped(to);
  };
  row.addEventListener("pointermove", moved);
  row.addEventListener("lostpointercapture", over, { once: true });
}
