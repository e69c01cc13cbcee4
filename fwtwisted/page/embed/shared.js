// The songs of a share: one at a time, and one after the other.

const players = [...document.querySelectorAll("audio")];

for (const [place, player] of players.entries()) {
  const row = player.closest("li");
  player.addEventListener("play", () => {
    for (const other of players) {
      if (other !== player) other.pause();
    }
    row.classList.add("playing");
  });
  player.addEventListener("pause", () => row.classList.remove("playing"));
  player.addEventListener("ended", () => players[place + 1]?.play());
}
