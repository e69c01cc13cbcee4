/** Numbers as people read them. */

/** Seconds as `3:07` or `1:02:45`; unknown is a dash. */
export function clock(seconds) {
  if (!Number.isFinite(seconds) || seconds < 0) return "–:––";
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Seconds as `48 min` or `2 h 05 min`. */
export function length(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Seconds as spoken by a screen reader: `1 minute 5 seconds`. */
export function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const minutes = Math.floor(whole / 60);
  return [minutes && count(minutes, "minute"), count(whole % 60, "second")].filter(Boolean).join(" ");
}

/** Bytes as `3.4 MB`, in powers of a thousand as the server counts quotas. */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let power = 0;
  let number = bytes;
  while (number >= 999.5 && power < units.length - 1) {
    number /= 1000;
    power += 1;
  }
  const digits = power === 0 || number >= 99.5 ? 0 : 1;
  return `${number.toFixed(digits).replace(/\.0$/, "")} ${units[power]}`;
}

/** `1 track`, `1,204 tracks`. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** `just now`, `5 minutes ago`, `yesterday`, `3 Apr 2026`. */
export function ago(date, now = Date.now()) {
  const seconds = (now - new Date(date).getTime()) / 1000;
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${count(Math.floor(seconds / 60), "minute")} ago`;
  if (seconds < 86400) return `${count(Math.floor(seconds / 3600), "hour")} ago`;
  if (seconds < 2 * 86400) return "yesterday";
  return new Date(date).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** The year of `2019-04-01`, or nothing. */
export function year(date) {
  return /^\d{4}/.exec(date ?? "")?.[0] ?? "";
}

/** Whether a name sorts before another, numbers by their value: `2.flac` before `10.flac`. */
export const natural = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
