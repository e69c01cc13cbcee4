/** The server's API as this page uses it: paths relative to `/api/v1/`, answers as JSON, failures as Problems. */

import { Problem, problemOf } from "./problems.js";

const ROOT = "/api/v1/";
const NODEINFO = "instance/nodeinfo/2.0/";
const WRITES = { "Content-Type": "application/json" };

/** Where `path` lies, with a query whose empty values are left out and whose lists are repeated. */
export function addressOf(path, query = {}) {
  const found = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one != null && one !== "") found.append(key, one);
  }
  const text = found.toString();
  return (path.startsWith("/") ? path : ROOT + path) + (text ? `?${text}` : "");
}

/** The server under one roof: `fetch` and `cookie` are the browser's, `signedOut` hears that the session is gone. */
export function makeApi({ fetch, cookie, signedOut }) {
  let home = null;

  const csrf = () => /(?:^|;\s*)csrftoken=([^;]+)/.exec(cookie())?.[1] ?? "";

  async function tried(path, options) {
    try {
      return await fetch(path, { credentials: "same-origin", ...options });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem(0, problemOf(0, null).message);
    }
  }

  async function read(response) {
    const text = await response.text();
    try {
      return text ? JSON.parse(text) : null;
    } catch {
      return null;
    }
  }

  async function call(method, path, { query, body, headers, signal, quiet } = {}) {
    const write = method !== "GET";
    if (write && !csrf()) await tried(addressOf(NODEINFO), {});
    const send = () => tried(addressOf(path, query), {
      method, body, signal,
      headers: { Accept: "application/json", ...headers, ...(write && { "X-CSRFToken": csrf() }) },
    });
    let response = await send();
    let answer = await read(response);
    if (write && response.status === 403 && /CSRF/.test(answer?.detail ?? "CSRF")) {
      const before = csrf();                    // the token may have been rotated by another tab
      await tried(addressOf(NODEINFO), {});
      if (csrf() !== before) {
        response = await send();
        answer = await read(response);
      }
    }
    if (response.ok) return answer;
    if (response.status === 401 && !quiet) signedOut();
    throw problemOf(response.status, answer, response.headers.get("Retry-After"));
  }

  const json = (method) => (path, value, options) => call(method, path, { ...options, body: JSON.stringify(value), headers: WRITES });

  /** An address of this server as the page may load it, whatever name the server calls itself by. */
  const own = (url) => {
    if (!url || !home) return url;
    const found = new URL(url, location.href);
    return found.origin === home ? found.pathname + found.search : url;
  };

  return {
    own,
    /** The address that the server gives itself, so that its absolute links can be followed from here. */
    knownAs(url) {
      home = URL.canParse(url) ? new URL(url).origin : null;
    },
    get: (path, query, signal, options) => call("GET", path, { query, signal, ...options }),
    post: json("POST"),
    patch: json("PATCH"),
    remove: (path, value) => call("DELETE", path, value && { body: JSON.stringify(value), headers: WRITES }),
    form: (path, fields, headers) => call("POST", path, { body: new URLSearchParams(fields), headers, quiet: true }),
    /** The page of a list that its `next` link names. */
    follow(next, signal) {
      const found = new URL(next, location.href);
      return call("GET", found.pathname + found.search, { signal });
    },
    /** All results of a list, page by page, at most `most`. */
    async all(path, query, signal, most = 500) {
      let page = await call("GET", path, { query: { page_size: 50, ...query }, signal });
      const results = [...page.results];
      while (page.next && results.length < most) {
        page = await this.follow(page.next, signal);
        results.push(...page.results);
      }
      return results;
    },
    /** POST a form with a file; `progress(bytes)` hears how much has left. */
    async send(path, form, progress, signal) {
      if (!csrf()) await tried(addressOf(NODEINFO), {});
      return sent(addressOf(path), form, { "X-CSRFToken": csrf(), Accept: "application/json" }, progress, signal);
    },
  };
}

/** An XMLHttpRequest, because fetch tells nothing of an upload's progress. */
function sent(url, form, headers, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    request.open("POST", url);
    for (const [key, value] of Object.entries(headers)) request.setRequestHeader(key, value);
    request.responseType = "text";
    request.upload.onprogress = (event) => progress(event.loaded);
    request.onload = () => {
      let body = null;
      try {
        body = JSON.parse(request.responseText);
      } catch { /* an answer without JSON speaks through its status */ }
      if (request.status >= 200 && request.status < 300) resolve(body);
      else reject(problemOf(request.status, body, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => reject(new Problem(0, "The upload broke off: the connection was lost, or the file changed meanwhile."));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.onloadend = () => signal?.removeEventListener("abort", stop);
    if (signal?.aborted) return reject(new DOMException("cancelled", "AbortError"));
    signal?.addEventListener("abort", stop);
    request.send(form);
  });
}
