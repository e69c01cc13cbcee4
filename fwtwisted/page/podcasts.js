/** What is decided about podcasts, without a page. */

const ENDS = /<\/(?:p|li|h\d|blockquote)>|<br\s*\/?>/gi;
const SIGNS = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'", nbsp: "\u00a0" };

/** The text of markup that the server has cleaned, its lines kept apart. */
export function plain(html) {
  const text = html.replace(ENDS, "\n").replace(/<[^>]*>/g, "");
  return text.replace(/&(#?\w+);/g, (whole, sign) => SIGNS[sign] ?? whole).replace(/\n{2,}/g, "\n").trim();
}
