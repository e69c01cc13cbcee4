/** Artists that somebody does not want to meet. */

const PLACE = "moderation/content-filters/";

/** The person's wish to hide an artist, or null. */
export async function hidingOf(app, artist, signal) {
  if (!app.session.me) return null;
  const all = await app.api.all(PLACE, {}, signal);
  return all.find(({ target }) => target.id === Number(artist)) ?? null;
}

async function tried(app, act) {
  try {
    await act();
  } catch (error) {
    app.tell(error.message);
  }
}

const again = (app) => app.go(location.pathname + location.search, { replace: true });

function show(app, wish) {
  return tried(app, async () => {
    await app.api.remove(`${PLACE}${wish.uuid}/`);
    app.tell(`${wish.target.name} is shown again.`);
    again(app);
  });
}

function hide(app, artist) {
  return tried(app, async () => {
    const wish = await app.api.post(PLACE, { target: { type: "artist", id: artist.id } });
    app.tell(`You will not meet ${artist.name} in lists any more.`, { label: "Undo", act: () => show(app, wish) });
    again(app);
  });
}

/** The entry of an artist's menu; nothing for visitors. */
export function hidingItem(app, artist, wish) {
  if (!app.session.me) return null;
  return wish ? { label: "Show in lists again", called: "eye", act: () => show(app, wish) } : { label: "Hide from my lists", called: "hidden", act: () => hide(app, artist) };
}
