/** The keys of headphones, keyboards and lock screens, through the Media Session API. */

export function followMediaKeys(player) {
  const session = navigator.mediaSession;
  if (!session) return;
  const actions = {
    play: player.play,
    pause: player.pause,
    stop: player.pause,
    nexttrack: player.next,
    previoustrack: player.previous,
    seekto: (details) => player.seek(details.seekTime),
    seekforward: (details) => player.seekBy(details.seekOffset ?? 10),
    seekbackward: (details) => player.seekBy(-(details.seekOffset ?? 10)),
  };
  for (const [action, act] of Object.entries(actions)) {
    try {
      session.setActionHandler(action, act);
    } catch { /* this browser does not know this key */ }
  }
  let shown = null;
  player.state.watch(({ playing }) => {
    session.playbackState = player.track ? (playing ? "playing" : "paused") : "none";
    if (player.track === shown) return;
    shown = player.track;
    session.metadata = shown && new MediaMetadata({
      title: shown.title,
      artist: shown.artist.name,
      album: shown.album?.title ?? "",
      artwork: shown.image ? [{ src: new URL(shown.image.large, location.href).href, sizes: "600x600" }] : [],
    });
  });
  player.clock.watch(({ at, length }) => {
    if (length > 0 && at <= length) session.setPositionState?.({ duration: length, position: at, playbackRate: 1 });
  });
}
