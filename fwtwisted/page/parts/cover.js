/** Covers, and what stands in for them: a picture made from the name, the same on every visit. */

import { h, s } from "../dom.js";
import { hash, initial } from "../music.js";

/** The hue of a name, degrees. */
export function hueOf(text) {
  return hash(text) % 360;
}

/** A square (or, `round`, a circle) with the image, or the picture of the name until and unless it loads. */
export function cover(image, text, { round = false, alt = "", large = false, sizes = "200px", eager = false } = {}) {
  const box = h("div", { class: round ? "cover round" : "cover", data: { hue: hueOf(text) } }, image ? null : picture(text, round));
  if (!image) return box;
  const photo = h("img", {
    alt, decoding: "async", loading: eager ? null : "lazy", sizes: large ? null : sizes,
    srcset: large ? null : `${image.small} 200w, ${image.large} 600w`,
    onload: () => photo.classList.add("seen"),
    onerror: () => photo.replaceWith(picture(text, round)),
  });
  photo.src = large ? image.large : image.small;
  box.append(photo);
  return box;
}

function picture(text, round) {
  const seed = hash(text);
  const hue = seed % 360;
  const corner = [[0, 0], [100, 0], [100, 100], [0, 100]][(seed >>> 9) % 4];
  const turn = ((seed >>> 11) % 2 ? 1 : -1) * (18 + ((seed >>> 12) % 40));
  const shade = (step) => `hsl(${(hue + (turn * step) / 4 + 360) % 360} ${34 + step * 3}% ${30 + step * 7}%)`;
  const rings = [112, 88, 64, 40, 18].map((r, step) => s("circle", { cx: corner[0], cy: corner[1], r, fill: shade(step + 1) }));
  const place = round ? { x: 50, y: 51 } : { x: corner[0] ? 9 : 91, y: corner[1] ? 27 : 91, "text-anchor": corner[0] ? "start" : "end" };
  const letter = s("text", { ...place, class: "cover-letter" }, initial(text));
  return s("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, s("rect", { width: 100, height: 100, fill: shade(0) }), rings, letter);
}

/** Colour `element` (`--hue`, `--sat`) as the cover in `box` is coloured, or as its name is. */
export function tint(element, box) {
  const paint = (hue, saturation) => {
    element.style.setProperty("--hue", Math.round(hue));
    element.style.setProperty("--sat", `${Math.round(saturation)}%`);
  };
  paint(Number(box.dataset.hue), 38);
  const photo = box.querySelector("img");
  if (!photo) return;
  const look = () => {
    const found = dominant(photo);
    if (found) paint(found.hue, found.saturation);
  };
  if (photo.complete && photo.naturalWidth) look();
  else photo.addEventListener("load", look);
}

/** Hue and saturation that weigh most in an image; null when its pixels may not be read. */
function dominant(photo) {
  try {
    const canvas = h("canvas", { width: 12, height: 12 });
    const draw = canvas.getContext("2d", { willReadFrequently: true });
    draw.drawImage(photo, 0, 0, 12, 12);
    return mixed(draw.getImageData(0, 0, 12, 12).data);
  } catch {
    return null;
  }
}

function mixed(pixels) {
  let [x, y, weight] = [0, 0, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    const [red, green, blue] = [pixels[at], pixels[at + 1], pixels[at + 2]];
    const most = Math.max(red, green, blue);
    const chroma = most - Math.min(red, green, blue);
    const hue = Math.atan2(Math.sqrt(3) * (green - blue), 2 * red - green - blue);
    x += Math.cos(hue) * chroma;
    y += Math.sin(hue) * chroma;
    weight += 255;
  }
  const strength = Math.hypot(x, y) / weight;
  return { hue: ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360, saturation: Math.min(60, strength * 160) };
}
