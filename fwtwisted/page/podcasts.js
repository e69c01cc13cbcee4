/** What is decided about podcasts, without a page. */

const ENDS = /<\/(?:p|li|h\d|blockquote)>|<br\s*\/?>/gi;
const SIGNS = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'", nbsp: "\u00a0" };

/** A user name made of a name, as far as its letters allow. */
export function nameOf(text) {
  return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 30);
}

/** The two letters of a browser's language, such as `en-GB`. */
export function languageOf(tag) {
  return /^[a-z]{2}(?![a-z])/i.exec(tag ?? "")?.[0].toLowerCase() ?? "en";
}

/** The text of markup that the server has cleaned, its lines kept apart. */
export function plain(html) {
  const text = html.replace(ENDS, "\n").replace(/<[^>]*>/g, "");
  return text.replace(/&(#?\w+);/g, (whole, sign) => SIGNS[sign] ?? whole).replace(/\n{2,}/g, "\n").trim();
}
