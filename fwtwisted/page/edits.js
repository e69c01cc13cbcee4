/** What can be edited of music, and what a filled form changes; without a page, so that Node can try it. */

const words = (value) => value ?? "";
const trimmed = (text) => text.trim() || null;
const tagsOf = (text) => [...new Set(text.split(/[\s,]+/).map((tag) => tag.replace(/^#/, "")).filter(Boolean))];

/* How each field is shown, and read back; `null` empties it. */
const TEXT = { shown: words, read: (text) => text.trim() };
const OPTIONAL = { shown: words, read: trimmed };
const NUMBER = { shown: (value) => (value == null ? "" : String(value)), read: (text) => (text.trim() ? Number(text) : null) };
const TAGS = { shown: (value) => (value ?? []).join(" "), read: tagsOf };
const LONG = { shown: (value) => value?.text ?? "", read: (text) => (text.trim() ? { text: text.trim(), content_type: "text/markdown" } : null) };

const SHARED = [
  { key: "tags", label: "Tags", ...TAGS, hint: "Words with blanks between them.", props: { required: false, autocapitalize: "off" } },
  { key: "description", label: "Description", ...LONG, tag: "textarea", props: { required: false, rows: 4, maxlength: 5000 } },
];
export const FIELDS = {
  artist: [{ key: "name", label: "Name", ...TEXT, props: { maxlength: 500 } }, ...SHARED],
  album: [
    { key: "title", label: "Title", ...TEXT, props: { maxlength: 500 } },
    { key: "release_date", label: "Released", ...OPTIONAL, props: { type: "date", required: false } },
    ...SHARED,
  ],
  track: [
    { key: "title", label: "Title", ...TEXT, props: { maxlength: 500 } },
    { key: "position", label: "Number on its disc", ...NUMBER, props: { type: "number", min: 1, required: false } },
    { key: "copyright", label: "Copyright", ...OPTIONAL, props: { required: false, maxlength: 500 } },
    { key: "license", label: "Licence", ...OPTIONAL, hint: "A code such as cc-by-4.0.", props: { required: false, autocapitalize: "off" } },
    ...SHARED,
  ],
};

/** The fields of a thing as texts, to be filled into a form. */
export function textsOf(kind, thing) {
  return Object.fromEntries(FIELDS[kind].map(({ key, shown }) => [key, shown(thing[key])]));
}

/** What a form changes: the fields whose text is another, as the server takes them. */
export function changesOf(kind, before, after) {
  const changed = FIELDS[kind].filter(({ key }) => after[key] !== undefined && after[key].trim() !== before[key].trim());
  return Object.fromEntries(changed.map(({ key, read }) => [key, read(after[key])]));
}

/** Whether this person's edits of a thing need nobody else's yes. */
export function mayDecide(me, thing) {
  return Boolean(me?.permissions?.library || (me && thing.attributed_to?.full_username === me.full_username));
}
