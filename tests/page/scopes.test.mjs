/** Promises about what an app asks leave for. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { byHand, hostOf, leadsOn, scopeWords } from "../../fwtwisted/page/scopes.js";

test("read and write stand for all of a kind", () => {
  const { look, change, never, unknown } = scopeWords(" read  write write");
  assert.deepEqual(look, change);
  assert.ok(look.includes("playlists"));
  assert.deepEqual([never, unknown], [[], []]);
});

test("single scopes are single areas", () => {
  const words = scopeWords("read:playlists write:favorites read:radios");
  assert.deepEqual(words.look, ["playlists", "radios"]);
  assert.deepEqual(words.change, ["favourites"]);
});

test("what no app gets and what nobody knows is said as it was written", () => {
  const words = scopeWords("read:security write:instance:users read:moon moon read:toString");
  assert.deepEqual(words.never, ["read:security", "write:instance:users"]);
  assert.deepEqual(words.unknown, ["read:moon", "moon", "read:toString"]);
  assert.deepEqual([words.look, words.change], [[], []]);
});

test("codes are carried by hand for exactly two places", () => {
  assert.ok(byHand("urn:ietf:wg:oauth:2.0:oob") && byHand("urn:ietf:wg:oauth:2.0:oob:auto"));
  assert.ok(!byHand("urn:/audio.app/callback") && !byHand("https://x.example/") && !byHand(undefined));
});

test("nobody is sent to what runs scripts", () => {
  for (const place of ["https://x.example/?code=1", "http://localhost:1/", "urn:/audio.app/callback?code=1"]) assert.ok(leadsOn(place), place);
  for (const place of ["javascript:alert(1)", "data:text/html,x", "/here", "", undefined, null]) assert.ok(!leadsOn(place), String(place));
});

test("a person is told the host that they are sent back to", () => {
  assert.equal(hostOf("https://user@x.example:8443/cb?y=z"), "x.example:8443");
  assert.deepEqual(["urn:/audio.app/callback", "javascript:alert(1)", null].map(hostOf), ["", "", ""]);
});
