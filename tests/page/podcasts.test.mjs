import assert from "node:assert/strict";
import { test } from "node:test";

import { languageOf, nameOf, plain } from "../../fwtwisted/page/podcasts.js";
import { match } from "../../fwtwisted/page/router.js";

test("markup becomes lines of text", () => {
  assert.equal(plain("<p>One &amp; <b>two</b></p>\n<p>three<br>four &lt;b&gt;</p>"), "One & two\nthree\nfour <b>");
  assert.equal(plain(""), "");
  assert.equal(plain("a &bogus; b"), "a &bogus; b");
});

test("a name becomes a user name, a browser's language two letters", () => {
  assert.equal(nameOf("Night Talk!"), "night_talk");
  assert.equal(nameOf("Ünïcode — Café 9"), "unicode_cafe_9");
  assert.equal(nameOf("漢字"), "");
  assert.equal(nameOf("x".repeat(99)).length, 30);
  assert.deepEqual(["en-GB", "DE", "haw", "", undefined].map(languageOf), ["en", "de", "en", "en", "en"]);
});

test("channels have an address by each of their names", () => {
  assert.deepEqual(match("/podcasts"), { name: "podcasts", id: null });
  assert.deepEqual(match("/library/podcasts/"), { name: "podcasts", id: null });
  assert.deepEqual(match("/channels/night_talk"), { name: "channel", id: "night_talk" });
  assert.deepEqual(match("/channels/night@pod.example"), { name: "channel", id: "night@pod.example" });
  assert.deepEqual(match("/channels"), { name: "podcasts", id: null });
  assert.equal(match("/channels/a/b").name, "missing");
});
