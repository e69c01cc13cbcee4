/** Values made from the server's answers, just as large as the page needs them. */

/** The image of a thing in the sizes that the server keeps, or null. */
export function imageOf(attachment, own = (url) => url) {
  const urls = attachment?.urls;
  if (!urls?.original) return null;
  return { small: own(urls.medium_square_crop ?? urls.original), large: own(urls.large_square_crop ?? urls.original) };
}

/** A track as queue, rows and player use it. */
export function trackOf(json, own) {
  const album = json.album ?? null;
  return {
    id: json.id,
    title: json.title,
    artist: { id: json.artist.id, name: json.artist.name },
    album: album && { id: album.id, title: album.title, artist: album.artist?.id ?? null },
    image: imageOf(json.cover ?? album?.cover ?? json.artist.attachment_cover, own),
    position: json.position ?? null,
    disc: json.disc_number ?? null,
    seconds: json.uploads?.[0]?.duration ?? null,
    listen: json.listen_url,
    files: (json.uploads ?? []).map((upload) => ({ url: upload.listen_url, type: upload.mimetype ?? "" })),
  };
}

const TYPES = { "audio/x-m4a": "audio/mp4", "audio/m4a": "audio/mp4", "audio/x-flac": "audio/flac", "audio/opus": "audio/ogg; codecs=opus" };

/**
 * The addresses to try for a track, best first; the last one asks the server to convert.
 * `plays` says whether the browser knows a MIME type.
 */
export function sourcesOf(track, plays, token) {
  const direct = track.files.filter((file) => !file.type || plays(TYPES[file.type] ?? file.type)).map((file) => file.url);
  const base = track.files[0]?.url ?? track.listen;
  return [...direct, added(base, "to", "mp3")].map((url) => (token ? added(url, "token", token) : url));
}

function added(url, key, value) {
  return `${url}${url.includes("?") ? "&" : "?"}${key}=${encodeURIComponent(value)}`;
}

/** After how many heard seconds a listening counts: half the track, at most four minutes. */
export function dueAfter(seconds) {
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds / 2, 240) : 240;
}

/** The tracks of an album by disc, discs and positions in order. */
export function discs(tracks) {
  const found = new Map();
  for (const track of tracks) {
    const disc = track.disc ?? 1;
    if (!found.has(disc)) found.set(disc, []);
    found.get(disc).push(track);
  }
  return [...found].sort(([a], [b]) => a - b);
}

/** A steady number for a name, the same on every visit. */
export function hash(text) {
  let value = 2166136261;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 16777619) >>> 0;
  return value;
}

/** The first letter of a name in any script, without leading punctuation. */
export function initial(text) {
  const start = /[\p{L}\p{N}\p{Extended_Pictographic}][\s\S]*/u.exec(text)?.[0] ?? text.trim();
  const [first] = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(start);
  return (first?.segment ?? "♪").toUpperCase();
}
