// Says that the connection is lost, and takes it back when the connection is there again.

import { notify } from "./notice.js";

const PATIENCE = 600; // ms: nobody needs to hear of what is over by then

/** @param {import("./socket.js").LiveSocket} socket the page's own @param {string} kept what goes on meanwhile */
export function sayWhenAway(socket, kept) {
  let timer = 0;
  let takeBack = null;
  socket.addEventListener("away", () => {
    if (timer || takeBack) return;
    timer = setTimeout(() => {
      timer = 0;
      takeBack = notify({
        text: `Reconnecting… ${kept}`,
        keep: true,
        actions: [{ label: "Try now", act: () => ((takeBack = null), socket.tryNow()) }],
      });
    }, PATIENCE);
  });
  socket.addEventListener("open", () => {
    clearTimeout(timer);
    timer = 0;
    takeBack?.();
    takeBack = null;
  });
}
