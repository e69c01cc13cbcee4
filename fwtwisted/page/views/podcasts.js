/** Podcasts and channels: which there are, one with its episodes, and feeds subscribed to by their address. */

import { h, name } from "../dom.js";
import { imageOf } from "../music.js";
import { button, iconButton } from "../parts/buttons.js";
import { sectionHead } from "../parts/cards.js";
import { cover, tint } from "../parts/cover.js";
import { field, form } from "../parts/form.js";
import { openMenu } from "../parts/menu.js";
import { pager } from "../parts/pager.js";
import { awaited, cardSkeletons, empty } from "../parts/states.js";
import { trackPager } from "../parts/tracklist.js";
import { plain } from "../podcasts.js";
import { count } from "../words.js";
import { heroSkeleton } from "./album.js";
import { channelForm, episodeForm } from "./publishing.js";

function artOf(app, channel, options) {
  return cover(imageOf(channel.artist.cover, app.api.own), channel.artist.name, options);
}

function channelCard(app, channel) {
  const href = `/channels/${channel.uuid}`;
  return h("article", { class: "card" },
    h("div", { class: "card-art" }, h("a", { href, tabindex: -1, "aria-hidden": "true" }, artOf(app, channel))),
    name("a", { class: "card-title", href }, channel.artist.name),
    h("span", { class: "card-sub" }, count(channel.artist.tracks_count, "episode")));
}

function subscribeForm(ctx) {
  const { app } = ctx;
  const url = field("url", "Address of the feed", { type: "url", placeholder: "https://", maxlength: 500, autocomplete: "off", hint: "Any podcast: its RSS or Atom feed." });
  const made = form([url], "Subscribe", async (values) => {
    const { channel } = await app.api.post("channels/rss-subscribe/", values);
    app.tell(`Subscribed to “${channel.artist.name}”.`);
    app.go(`/channels/${channel.uuid}`);
  });
  return h("details", { class: "feed-form" }, h("summary", { class: "button plain" }, h("span", {}, "Subscribe by address")), made);
}

export function podcasts(ctx) {
  const { app } = ctx;
  ctx.title("Podcasts");
  const grid = (key, title, query, none) => h("section", {}, sectionHead(title), pager(ctx, key, {
    path: "channels/", query: { ordering: "-modification_date", page_size: 48, ...query },
    holder: h("div", { class: "grid" }), draw: (items) => items.map((channel) => channelCard(app, channel)),
    skeleton: () => cardSkeletons(6), none: () => h("p", { class: "quiet" }, none),
  }));
  return h("div", {},
    h("div", { class: "page-head" }, h("h1", { tabindex: -1 }, "Podcasts"), h("div", { class: "page-actions" }, app.session.me && [subscribeForm(ctx), channelForm(ctx)])),
    app.session.me && grid("own-channels", "My subscriptions", { subscribed: true }, "None yet. Subscribe to a channel below, or to any feed by its address."),
    grid("all-channels", "Channels of this server", { external: false }, "Nobody publishes here at the moment."));
}

async function read({ app, id }, signal) {
  const [channel, follows] = await Promise.all([
    app.api.get(`channels/${encodeURIComponent(id)}/`, {}, signal),
    app.session.me ? app.api.get("subscriptions/all/", {}, signal) : { results: [] },
  ]);
  return { channel, followed: follows.results.some((one) => one.channel === channel.uuid) };
}

/** The button that follows a channel, or no longer does. */
function followButton(ctx, found) {
  const { app } = ctx;
  const { channel } = found;
  const place = h("span", {});
  const change = async () => {
    const pressed = place.firstChild;
    pressed.disabled = true;
    try {
      await app.api.post(`channels/${channel.uuid}/${found.followed ? "unsubscribe" : "subscribe"}/`, {});
      found.followed = !found.followed;
    } catch (error) {
      app.tell(error.message);
    }
    draw();
    place.firstChild.focus();
  };
  const draw = () => place.replaceChildren(found.followed ? button("Subscribed", change, { called: "check", "aria-pressed": "true" }) : button("Subscribe", change, { kind: "primary", called: "add" }));
  draw();
  return place;
}

function heroOf(ctx, found) {
  const { app } = ctx;
  const { channel } = found;
  const { artist, metadata } = channel;
  const kind = artist.content_category === "podcast" ? "Podcast" : "Channel";
  const facts = [channel.actor && `by ${channel.attributed_to.name || channel.attributed_to.preferred_username}`, metadata.itunes_category, count(artist.tracks_count, "episode")].filter(Boolean).join(" · ");
  const menu = (event) => openMenu(event.currentTarget, [
    { label: "Copy address of the feed", called: "radio", act: () => navigator.clipboard.writeText(channel.rss_url).then(() => app.tell("Copied."), () => app.tell(channel.rss_url)) },
  ]);
  const site = channel.url && h("a", { class: "more", href: channel.url, target: "_blank", rel: "noopener noreferrer" }, "Website");
  const art = artOf(app, channel, { large: true, eager: true });
  const hero = h("header", { class: "hero" }, art, h("div", { class: "hero-words" },
    h("p", { class: "kind" }, kind), name("h1", { tabindex: -1 }, artist.name),
    h("p", { class: "byline" }, h("span", { dir: "auto" }, facts), site),
    h("div", { class: "actions" }, app.session.me && followButton(ctx, found), iconButton("more", "More", menu, { "aria-haspopup": "menu" }))));
  tint(hero, art);
  return hero;
}

function show(ctx, found) {
  const { app } = ctx;
  const { channel } = found;
  ctx.title(channel.artist.name);
  const words = plain(channel.artist.description?.html ?? "");
  const episodes = trackPager(ctx, "channel-tracks", {
    path: "tracks/", query: { channel: channel.uuid, include_channels: true, hidden: "all", ordering: "-creation_date", page_size: 50 }, albumArtist: channel.artist.id,
    none: () => empty("radio", "No episodes yet", "What is published here will appear by itself."),
  });
  const own = channel.attributed_to.preferred_username === app.session.me?.username && channel.attributed_to.is_local;
  const again = () => {
    for (const key of Object.keys(ctx.memory)) delete ctx.memory[key];
    app.go(location.pathname, { replace: true });
  };
  return h("div", {}, heroOf(ctx, found), own && episodeForm(ctx, channel, again), words && h("p", { class: "quiet about", dir: "auto" }, words), h("section", {}, sectionHead("Episodes"), episodes));
}

export function channel(ctx) {
  return awaited(ctx, "channel", heroSkeleton, (signal) => read(ctx, signal), (found) => show(ctx, found));
}
