/** Promises of edits: what a form shows, and what it changes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { changesOf, mayDecide, textsOf } from "../../fwtwisted/page/edits.js";

const TRACK = { title: "Low", position: 3, copyright: null, license: "cc0-1.0", tags: ["Dub", "Ice"], description: { text: "*so*", content_type: "text/markdown", html: "" } };

test("a form shows what there is", () => {
  assert.deepEqual(textsOf("track", TRACK), { title: "Low", position: "3", copyright: "", license: "cc0-1.0", tags: "Dub Ice", description: "*so*" });
  assert.deepEqual(textsOf("album", { title: "Tides", release_date: null, tags: [], description: null }), { title: "Tides", release_date: "", tags: "", description: "" });
});

test("only what was changed is sent, as the server takes it", () => {
  const before = textsOf("track", TRACK);
  assert.deepEqual(changesOf("track", before, { ...before, title: " Low " }), {});
  assert.deepEqual(changesOf("track", before, { ...before, title: "High", position: "12", license: " ", tags: "#Dub, Rock  Dub", description: "now" }), {
    title: "High", position: 12, license: null, tags: ["Dub", "Rock"], description: { text: "now", content_type: "text/markdown" },
  });
  assert.deepEqual(changesOf("track", before, { ...before, position: "", description: " ", tags: "" }), { position: null, description: null, tags: [] });
  assert.deepEqual(changesOf("artist", textsOf("artist", { name: "Nova" }), {}), {});
});

test("owners decide, and those who look after music; nobody else", () => {
  const thing = { attributed_to: { full_username: "ada@pod" } };
  assert.equal(mayDecide({ full_username: "ada@pod", permissions: {} }, thing), true);
  assert.equal(mayDecide({ full_username: "bob@pod", permissions: { library: true } }, { attributed_to: null }), true);
  assert.equal(mayDecide({ full_username: "bob@pod", permissions: { library: false } }, thing), false);
  assert.equal(mayDecide(null, { attributed_to: null }), false);
});
