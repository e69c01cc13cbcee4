/** What an app asks leave for, in words. */

const AREAS = {
  profile: "your profile and settings",
  libraries: "music, libraries and uploads",
  favorites: "favourites",
  listenings: "what you listened to",
  playlists: "playlists",
  radios: "radios",
  follows: "whom and what you follow",
  filters: "what you hide",
  edits: "corrections of music",
  notifications: "notifications",
  reports: "reports to moderators",
};

/** What no app gets, whatever it asks for. */
const NEVER = /^(?:read:|write:)?(?:security|plugins|instance:.*)$/;

/** Scopes as `{look, change, never, unknown}`: areas in words, the last two as they were written. */
export function scopeWords(text) {
  const asked = [...new Set(text.split(/\s+/).filter(Boolean))];
  const areas = (verb) => {
    if (asked.includes(verb)) return Object.values(AREAS);
    return Object.keys(AREAS).filter((area) => asked.includes(`${verb}:${area}`)).map((area) => AREAS[area]);
  };
  const known = (scope) => scope === "read" || scope === "write" || Object.hasOwn(AREAS, /^(?:read|write):(.*)$/.exec(scope)?.[1] ?? "");
  const strange = asked.filter((scope) => !known(scope));
  return { look: areas("read"), change: areas("write"), never: strange.filter((one) => NEVER.test(one)), unknown: strange.filter((one) => !NEVER.test(one)) };
}

/** Whether a place to answer at is nowhere: the person carries the code over by hand. */
export function byHand(place) {
  return place === "urn:ietf:wg:oauth:2.0:oob" || place === "urn:ietf:wg:oauth:2.0:oob:auto";
}

/** Whether a browser may be sent there: what runs scripts is no place. */
export function leadsOn(place) {
  return URL.canParse(place ?? "") && ["http:", "https:", "urn:"].includes(new URL(place).protocol);
}

/** The host that the person is sent back to; empty when it is no web page. */
export function hostOf(place) {
  return leadsOn(place) ? new URL(place).host : "";
}
