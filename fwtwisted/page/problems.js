/** What went wrong, in words for the person in front of the page. */

const STATUS = {
  0: "The server cannot be reached. Check your connection.",
  401: "Please sign in first.",
  403: "You may not do that here.",
  404: "This is not here, or it is not shared with you.",
  405: "The server does not offer this.",
  409: "Something else changed this at the same moment. Please try again.",
  413: "This file is larger than the server takes.",
  415: "The server does not read this kind of file.",
  500: "The server stumbled over this. Its log knows more.",
  502: "The server is not answering at the moment.",
  503: "The server is busy or just starting.",
  504: "The server took too long to answer.",
  507: "The server’s disk is full. Its administrator has to make room.",
};

const CODES = {
  upload_quota_reached: "Your space on this server is used up. Delete something, or ask for more.",
  already_imported_in_owned_libraries: "You already have this track.",
  invalid_metadata: "The file’s tags are missing or broken.",
  unknown_error: "The file could not be read as music.",
  track_uuid_not_found: "The track that this file belongs to is gone.",
};

const FIELDS = {
  title: "title", artist: "artist", artists: "artist", name: "name", album: "album", album_artist: "album artist",
  position: "track number", disc_number: "disc number", release_date: "date", mbid: "MusicBrainz id",
  audio_file: "file", username: "user name", password: "password", email: "e-mail", privacy_level: "who may listen",
};

/** An answer that was not the one hoped for: `status` (0 = none at all), words, and words by field. */
export class Problem extends Error {
  constructor(status, words, fields = {}, waitSeconds = null) {
    super(words);
    this.name = "Problem";
    this.status = status;
    this.fields = fields;
    this.waitSeconds = waitSeconds;
  }

  /** Whether trying again by itself may help: nobody answered, or not yet. */
  get passing() {
    return [0, 502, 503, 504].includes(this.status);
  }
}

/** The Problem that an answer tells of; `body` is parsed JSON, or null. */
export function problemOf(status, body, retryAfter = null) {
  const wait = Number.parseInt(retryAfter, 10);
  const waitSeconds = Number.isFinite(wait) ? wait : null;
  if (status === 429) return new Problem(status, patience(waitSeconds), {}, waitSeconds);
  const fields = fieldsOf(body);
  const general = sentences(body?.detail ?? body?.non_field_errors ?? (typeof body === "string" ? body : null));
  const first = Object.entries(fields)[0];
  const words = general || (first && labelled(first[0], first[1])) || STATUS[status] || `The server answered ${status}.`;
  return new Problem(status, status === 404 && /^not found\.?$/i.test(words) ? STATUS[404] : words, fields, waitSeconds);
}

function patience(seconds) {
  if (!seconds) return "Too many tries in a short time. Please wait a little.";
  const wait = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  return `Too many tries in a short time. Please wait ${wait}.`;
}

function fieldsOf(body) {
  if (!body || typeof body !== "object" || Array.isArray(body)) return {};
  const named = Object.entries(body).filter(([key]) => !["detail", "non_field_errors", "code"].includes(key));
  return Object.fromEntries(named.map(([key, value]) => [key, sentences(value)]).filter(([, text]) => text));
}

/** Every sentence inside a nested error, in order, once. */
export function sentences(value) {
  const found = [];
  const walk = (part) => {
    if (typeof part === "string") found.push(CODES[part] ?? part);
    else if (part && typeof part === "object") Object.values(part).forEach(walk);
  };
  walk(value);
  return [...new Set(found)].join(" ");
}

function labelled(field, text) {
  const label = FIELDS[field];
  return label && /this field|^required/i.test(text) ? `${label[0].toUpperCase()}${label.slice(1)}: ${text}` : text;
}

/** What became of an upload's import, in words; empty when all is well. */
export function importWords(upload) {
  const details = upload.import_details ?? {};
  if (upload.import_status === "skipped") return CODES[details.code] ?? "Left out, as it is here already.";
  if (upload.import_status !== "errored") return "";
  const code = details.error_code ?? "unknown_error";
  if (code === "invalid_metadata") return tagWords(details.detail);
  return sentences(details.detail) || CODES[code] || code;
}

function tagWords(detail) {
  if (!detail || typeof detail !== "object") return sentences(detail) || CODES.invalid_metadata;
  const missing = [...new Set(Object.keys(detail).map((key) => FIELDS[key]).filter(Boolean))];
  const said = sentences(detail);
  if (!missing.length || !/required|missing|blank|null|has no/i.test(said)) return said || CODES.invalid_metadata;
  return `The file has no ${missing.join(" and no ")} in its tags. Write it with a tag editor, then send the file again.`;
}

/** Any thrown thing as a Problem. */
export function asProblem(error) {
  return error instanceof Problem ? error : new Problem(-1, "Something on this page went wrong. Reloading may help.");
}
