/** Promises of numbers as people read them. */

import assert from "node:assert/strict";
import { test } from "node:test";

import * as words from "../../fwtwisted/page/words.js";

test("a clock shows hours only when there are some", () => {
  assert.equal(words.clock(0), "0:00");
  assert.equal(words.clock(59.9), "0:59");
  assert.equal(words.clock(187), "3:07");
  assert.equal(words.clock(3765), "1:02:45");
  assert.equal(words.clock(NaN), "–:––");
  assert.equal(words.clock(Infinity), "–:––");
});

test("a length is told in minutes and hours", () => {
  assert.equal(words.length(20), "1 min");
  assert.equal(words.length(48 * 60), "48 min");
  assert.equal(words.length(125 * 60), "2 h 05 min");
});

test("sizes count in thousands and never show a thousand of a unit", () => {
  assert.equal(words.size(0), "0 B");
  assert.equal(words.size(999), "999 B");
  assert.equal(words.size(3_400_000), "3.4 MB");
  assert.equal(words.size(387_500_000), "388 MB");
  assert.equal(words.size(999_900_000), "1 GB");
  assert.equal(words.size(undefined), "");
});

test("one is singular", () => {
  assert.equal(words.count(1, "track"), "1 track");
  assert.equal(words.count(1204, "track"), "1,204 tracks");
});

test("time spoken has no empty parts", () => {
  assert.equal(words.spoken(65), "1 minute 5 seconds");
  assert.equal(words.spoken(5), "5 seconds");
  assert.equal(words.spoken(undefined), "0 seconds");
});

test("the recent past is told in words, the rest as a date", () => {
  const now = Date.parse("2026-04-03T12:00:00Z");
  assert.equal(words.ago("2026-04-03T11:59:30Z", now), "just now");
  assert.equal(words.ago("2026-04-03T11:55:00Z", now), "5 minutes ago");
  assert.equal(words.ago("2026-04-03T11:00:00Z", now), "1 hour ago");
  assert.equal(words.ago("2026-04-02T11:00:00Z", now), "yesterday");
  assert.equal(words.ago("2026-03-01T11:00:00Z", now), "1 Mar 2026");
  assert.equal(words.ago("nonsense", now), "");
});

test("files sort by the value of their numbers", () => {
  assert.deepEqual(["10 b", "2 a", "1 c"].sort(words.natural), ["1 c", "2 a", "10 b"]);
});
