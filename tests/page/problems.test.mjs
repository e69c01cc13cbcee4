/** Promises of failures in words: always a sentence, as near to the cause as the answer allows. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem, asProblem, importWords, problemOf, sentences } from "../../fwtwisted/page/problems.js";

test("the server's own words win over general ones", () => {
  assert.equal(problemOf(403, { detail: "Only owners may." }).message, "Only owners may.");
  assert.equal(problemOf(400, { non_field_errors: ["No.", "Never."] }).message, "No. Never.");
  assert.match(problemOf(404, { detail: "Not found." }).message, /not shared with you/);
});

test("errors of fields are kept by field, however deep they lie", () => {
  const problem = problemOf(400, { username: ["Taken."], import_metadata: { title: ["Too long."] }, tags: { 0: ["Bad tag."] } });
  assert.deepEqual(problem.fields, { username: "Taken.", import_metadata: "Too long.", tags: "Bad tag." });
  assert.equal(problem.message, "Taken.");
  assert.equal(problemOf(400, { title: ["This field is required."] }).message, "Title: This field is required.");
});

test("every status has a sentence even without a body", () => {
  for (const status of [0, 400, 401, 403, 404, 405, 409, 413, 415, 418, 500, 502, 503, 504, 507]) {
    for (const body of [null, "", [], {}, 7]) assert.ok(problemOf(status, body).message.length > 10);
  }
});

test("being throttled says how long to wait", () => {
  assert.match(problemOf(429, null, "30").message, /30 seconds/);
  assert.match(problemOf(429, null, "600").message, /10 minutes/);
  assert.match(problemOf(429, null).message, /wait a little/);
});

test("only silence and business are passing", () => {
  const passing = [0, 400, 401, 404, 500, 502, 503, 504].filter((status) => problemOf(status, null).passing);
  assert.deepEqual(passing, [0, 502, 503, 504]);
});

test("known codes are told in words, once", () => {
  assert.match(sentences(["upload_quota_reached", "upload_quota_reached"]), /^Your space on this server is used up\.[^.]*\.$/);
});

test("an import that failed names what the tags lack", () => {
  const detail = { title: ["This field is required."], artists: { 0: { name: ["This field is required."] } } };
  const upload = { import_status: "errored", import_details: { error_code: "invalid_metadata", detail } };
  assert.match(importWords(upload), /no title and no artist in its tags/);
});

test("every end of an import has words, and a good one has none", () => {
  assert.equal(importWords({ import_status: "finished", import_details: {} }), "");
  assert.equal(importWords({ import_status: "pending" }), "");
  assert.match(importWords({ import_status: "skipped", import_details: { code: "already_imported_in_owned_libraries" } }), /already have/);
  assert.match(importWords({ import_status: "errored" }), /could not be read/);
  assert.match(importWords({ import_status: "errored", import_details: { error_code: "invalid_metadata", detail: null } }), /tags/);
  assert.match(importWords({ import_status: "errored", import_details: { error_code: "unknown_error", detail: "The file ends too early." } }), /ends too early/);
  assert.equal(importWords({ import_status: "errored", import_details: { error_code: "Only tagged files are taken." } }), "Only tagged files are taken.");
});

test("anything thrown becomes a Problem, and a Problem stays itself", () => {
  const problem = new Problem(404, "gone");
  assert.equal(asProblem(problem), problem);
  assert.ok(asProblem(new TypeError("x")) instanceof Problem);
});
