/** Rules by which a playlist fills itself, as a form of rows shows them; docs/api.md §4.12 has the words. */

export const FIELDS = [
  ["genre", "Genre", "text"], ["artist", "Artist", "text"], ["albumartist", "Album artist", "text"], ["album", "Album", "text"], ["title", "Title", "text"],
  ["year", "Year", "number"], ["rating", "My rating", "number"], ["playcount", "How often I played it", "number"], ["duration", "Length in seconds", "number"], ["bitrate", "Bit rate in kbit/s", "number"],
  ["tracknumber", "Number on the album", "number"], ["discnumber", "Number of the disc", "number"],
  ["lastplayed", "Last played", "date"], ["dateadded", "Added", "date"], ["datestarred", "Became a favourite", "date"], ["starred", "Favourite", "truth"],
];
export const OPERATORS = {
  text: [["is", "is"], ["isNot", "is not"], ["contains", "contains"], ["notContains", "does not contain"], ["startsWith", "begins with"], ["endsWith", "ends with"]],
  number: [["is", "is"], ["isNot", "is not"], ["gt", "is more than"], ["lt", "is less than"], ["inTheRange", "is from … to"]],
  date: [["inTheLast", "within days"], ["notInTheLast", "not within days"], ["before", "before"], ["after", "after"], ["inTheRange", "from … to"]],
  truth: [["is", "is"], ["isNot", "is not"]],
};
export const SORTS = [["title", "Title"], ["random", "In random order"], ["-dateadded", "Added last"], ["-lastplayed", "Played last"], ["lastplayed", "Played longest ago"], ["-playcount", "Played most"], ["-rating", "Rated best"], ["-year", "Newest"], ["year", "Oldest"], ["artist,album,discnumber,tracknumber", "Artist and album"]];
export const USUAL_LIMIT = 500;

const measureOf = (field) => FIELDS.find(([name]) => name === field)?.[2];

/** What a row's value is written in: `days`, `range`, or the field's own measure. */
export function kindOf(field, operator) {
  if (operator === "inTheLast" || operator === "notInTheLast") return "days";
  return operator === "inTheRange" ? "range" : measureOf(field);
}

/** The rules that a form says: `{joint, rows: [{field, operator, value}], sort, limit}`. */
export function rulesOf({ joint, rows, sort, limit }) {
  return { [joint]: rows.map(({ field, operator, value }) => ({ [operator]: { [field]: valueOf(field, operator, value) } })), sort, limit: Number(limit) || USUAL_LIMIT };
}

function valueOf(field, operator, text) {
  const kind = kindOf(field, operator);
  const words = String(text).trim();
  if (kind === "truth") return words !== "no";
  if (kind === "range") return words.split(/\s*(?:…|\.\.|,|\bto\b)\s*/).map((one) => (measureOf(field) === "number" && one !== "" ? Number(one) : one));
  if ((kind === "number" || kind === "days") && words !== "") return Number(words);
  return words;
}

/** The form that shows rules; null for rules that are more than a list of rows, which it would spoil. */
export function rowsOf(rules) {
  const joint = rules.any ? "any" : "all";
  const rows = [];
  for (const part of rules[joint] ?? []) {
    const [operator, asked] = Object.entries(part)[0];
    if (Array.isArray(asked)) return null;
    const [field, value] = Object.entries(asked)[0];
    rows.push({ field, operator, value: Array.isArray(value) ? value.join(" to ") : value === true ? "yes" : value === false ? "no" : String(value) });
  }
  return { joint, rows, sort: rules.sort ?? "title", limit: rules.limit ?? USUAL_LIMIT };
}
