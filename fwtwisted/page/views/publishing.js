/** Publishing: a channel of one's own, and episodes in it. */

import { h } from "../dom.js";
import { field, form } from "../parts/form.js";
import { languageOf, nameOf } from "../podcasts.js";

const LOOK_EVERY = 1000;
const LOOKS = 120;

function folded(label, made) {
  return h("details", { class: "feed-form" }, h("summary", { class: "button plain" }, h("span", {}, label)), made);
}

/** A form that opens a channel, a podcast in the person's own language. */
export function channelForm({ app, signal }) {
  const called = field("name", "Name of the channel", { maxlength: 255, dir: "auto" });
  const username = field("username", "User name of the channel", { maxlength: 30, pattern: "[A-Za-z0-9_]+", autocomplete: "off", hint: "Letters, digits and underscores. It cannot be changed later." });
  const category = field("itunes_category", "Category", { tag: "select" });
  let own = false;
  username.input.addEventListener("input", () => { own = true; });
  called.input.addEventListener("input", () => own || (username.input.value = nameOf(called.input.value)));
  app.api.get("channels/metadata-choices/", {}, signal).then(
    (choices) => category.input.append(...choices.itunes_category.map(({ value, label }) => h("option", { value }, label))),
    () => null,
  );
  return folded("New channel", form([called, username, category], "Open channel", async (values) => {
    const metadata = { language: languageOf(navigator.language), itunes_category: values.itunes_category };
    const wish = { name: values.name, username: values.username, description: null, tags: [], content_category: "podcast", metadata };
    const made = await app.api.post("channels/", wish);
    app.go(`/channels/${made.actor.preferred_username}`);
  }));
}

async function filed(app, uuid) {
  for (let look = 0; look < LOOKS; look += 1) {
    const upload = await app.api.get(`uploads/${uuid}/`);
    if (upload.import_status !== "pending") return upload;
    await new Promise((done) => setTimeout(done, LOOK_EVERY));
  }
  return null;
}

/** A form that publishes an episode in a channel of the person's own; `again()` draws the channel anew. */
export function episodeForm({ app }, channel, again) {
  const title = field("title", "Title of the episode", { maxlength: 500, dir: "auto" });
  const words = field("description", "What it is about", { tag: "textarea", rows: 4, maxlength: 5000, dir: "auto", required: false });
  const file = field("audio_file", "Audio file", { type: "file", accept: "audio/*" });
  return folded("Publish an episode", form([title, words, file], "Publish", async (values) => {
    const parts = new FormData();
    const metadata = { title: values.title, description: values.description || null };
    for (const [key, value] of Object.entries({ channel: channel.uuid, import_status: "pending", import_metadata: JSON.stringify(metadata), audio_file: file.input.files[0] })) parts.append(key, value);
    const sent = await app.api.send("uploads/", parts, () => null);
    const upload = await filed(app, sent.uuid);
    if (upload?.import_status === "errored") app.tell("This file cannot be published: it holds no audio that this server reads.");
    else again();
  }));
}
