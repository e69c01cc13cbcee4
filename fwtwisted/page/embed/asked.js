/** What an embedded player is asked to play, and where its tracks are. */

const SORTS = ["track", "album", "artist", "playlist", "channel"];
const KEY = /^(?:\d{1,18}|[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})$/i;
const ORDERS = {
  album: "disc_number,position",
  artist: "-album__release_date,disc_number,position",
  channel: "-creation_date",
};

/** `{sort, key}` of an address' query, or null for what cannot be played. */
export function asked(query) {
  const [sort, key] = [query.get("type"), query.get("id")];
  return SORTS.includes(sort) && KEY.test(key ?? "") ? { sort, key } : null;
}

/** The path of the API and the query at which the tracks are. */
export function tracksAt({ sort, key }) {
  if (sort === "track") return [`tracks/${key}/`, {}];
  if (sort === "playlist") return [`playlists/${key}/tracks/`, {}];
  return ["tracks/", { [sort]: key, include_channels: true, playable: true, ordering: ORDERS[sort], page_size: 50 }];
}

/** The tracks of an answer, whichever of the three shapes it has, that can be heard. */
export function tracksOf(answer) {
  const found = answer.results ? answer.results.map((item) => item.track ?? item) : [answer];
  return found.filter((track) => track.uploads?.length);
}

/** The page of the thing itself. */
export function pageOf({ sort, key }) {
  return sort === "channel" ? `/channels/${key}` : `/library/${sort}s/${key}`;
}

/** What to say when the server did not tell. */
export function excuse(status) {
  if (status === 401 || status === 403) return "This is played for members only.";
  if (status === 404 || status === 400) return "This is not here any more.";
  if (status === 429) return "Too many listeners just now. Please try again later.";
  return "The server did not answer. Please try again later.";
}
