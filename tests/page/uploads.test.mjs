/** Promises of uploading: two at a time, each file comes to an end that is told, nothing is asked for in vain. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { problemOf } from "../../fwtwisted/page/problems.js";
import { makeUploads, roomOf, sorted, tally } from "../../fwtwisted/page/uploads.js";

const file = (name, size = 10) => ({ name, size });
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Uploads against a server that the test plays by hand. */
function played({ room = () => null } = {}) {
  const sent = [];
  const asked = [];
  const due = [];
  const server = { uploads: [] };
  const uploads = makeUploads({
    send: (fields, progress, signal) => new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(Object.assign(new Error("cancelled"), { name: "AbortError" })));
      sent.push({ fields, progress, resolve, reject });
    }),
    ask: async (reference) => {
      asked.push(reference);
      return server.uploads.filter((upload) => upload.import_reference === reference);
    },
    room,
    arrived: () => { server.arrived = true; },
    later: (act) => due.push(act),
  });
  const states = () => uploads.state.get().items.map((item) => item.state);
  const accept = async (index, part = {}) => {
    const upload = { uuid: `u${index}`, import_status: "pending", import_details: {}, track: null, import_reference: sent[index].fields.import_reference, ...part };
    server.uploads.push(upload);
    sent[index].resolve(upload);
    await turn();
    return upload;
  };
  const wait = async () => {
    for (const act of due.splice(0)) await act();
    await turn();
  };
  return { uploads, sent, asked, due, server, states, accept, wait };
}

test("two files are sent at a time, the third when one has arrived", async () => {
  const { uploads, sent, states, accept } = played();
  uploads.add([file("1"), file("2"), file("3")], "lib");
  assert.deepEqual(states(), ["sending", "sending", "waiting"]);
  await accept(0);
  assert.deepEqual(states(), ["importing", "sending", "sending"]);
  assert.equal(sent[2].fields.library, "lib");
  assert.equal(sent[2].fields.source, "upload://3");
});

test("imports are asked about until each has ended, and then no more", async () => {
  const { uploads, states, accept, wait, due, server } = played();
  uploads.add([file("1"), file("2"), file("3")], "lib");
  const first = await accept(0);
  const second = await accept(1);
  const third = await accept(2);
  first.import_status = "finished";
  await wait();
  assert.deepEqual(states(), ["done", "importing", "importing"]);
  assert.equal(server.arrived, true);
  Object.assign(second, { import_status: "skipped", import_details: { code: "already_imported_in_owned_libraries" } });
  Object.assign(third, { import_status: "errored", import_details: { error_code: "unknown_error", detail: null } });
  await wait();
  assert.deepEqual(states(), ["done", "skipped", "failed"]);
  assert.match(uploads.state.get().items[2].words, /could not be read/);
  assert.equal(due.length, 0);
});

test("a refusal is told in words and can be tried again", async () => {
  const { uploads, sent, states, accept } = played();
  uploads.add([file("1")], "lib");
  sent[0].reject(problemOf(400, { non_field_errors: ["upload_quota_reached"] }));
  await turn();
  assert.deepEqual(states(), ["failed"]);
  assert.match(uploads.state.get().items[0].words, /space on this server/);
  uploads.retryAll();
  await accept(1, { import_status: "finished" });
  assert.deepEqual(states(), ["done"]);
});

test("what is cancelled stops at once and makes room for the next", async () => {
  const { uploads, states } = played();
  uploads.add([file("1"), file("2"), file("3"), file("4")], "lib");
  const { items } = uploads.state.get();
  uploads.cancel(items[3]);
  uploads.cancel(items[0]);
  await turn();
  assert.deepEqual(states(), ["cancelled", "sending", "sending", "cancelled"]);
  uploads.cancelAll();
  await turn();
  assert.deepEqual(tally(items).cancelled, 4);
  uploads.tidy();
  assert.equal(uploads.state.get().items.length, 0);
});

test("empty files and files beyond the quota are not sent at all", () => {
  const { uploads, sent, states } = played({ room: () => 25 });
  uploads.add([file("empty", 0), file("fits", 20), file("too much", 20)], "lib");
  assert.deepEqual(states(), ["failed", "sending", "failed"]);
  assert.equal(sent.length, 1);
});

test("large drops go in batches, so that one question is one page", async () => {
  const { uploads, sent, accept } = played();
  uploads.add(Array.from({ length: 85 }, (_, index) => file(String(index))), "lib");
  for (let index = 0; index < 85; index += 1) await accept(index);
  const references = new Map();
  for (const { fields } of sent) references.set(fields.import_reference, (references.get(fields.import_reference) ?? 0) + 1);
  assert.deepEqual([...references.values()], [40, 40, 5]);
});

test("a question that fails is asked again", async () => {
  const { uploads, accept, wait, due, server } = played();
  uploads.add([file("1")], "lib");
  await accept(0);
  const kept = server.uploads.splice(0);
  await wait();
  assert.equal(due.length, 1);
  server.uploads.push({ ...kept[0], import_status: "finished" });
  await wait();
  assert.equal(uploads.state.get().items[0].state, "done");
});

test("folders bring other files along, which are left out and counted", () => {
  const { music, others } = sorted([file("a.FLAC"), file("cover.jpg"), file("._a.mp3"), file("noending"), file("b.mp3")], ["flac", "mp3"]);
  assert.deepEqual(music.map((one) => one.name), ["a.FLAC", "b.mp3"]);
  assert.equal(others.length, 3);
});

test("room is bytes, and unknown without a quota", () => {
  assert.equal(roomOf({ quota_status: { max: 1000, remaining: 2.5 } }), 2_500_000);
  assert.equal(roomOf({ quota_status: { max: 0, remaining: 0 } }), null);
  assert.equal(roomOf(null), null);
});
