// The Link menu: three links, each copied with a word of what it does.

import { linkTo } from "./app-session.js";
import { notify } from "./notice.js";

const SAID = {
  published: "Copied the app's link. It opens with the defaults.",
  inputs: "Copied a link that opens with the values you see now.",
  session: "Copied the link of this session. Everyone with it who may open the app sees the same.",
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-link]");
  if (!button) return;
  button.closest("[popover]")?.hidePopover();
  const kind = button.dataset.copyLink;
  const session = document.querySelector("app-session");
  try {
    const link = await linkTo(kind, session.valuesNow);
    await navigator.clipboard.writeText(link);
    notify({ text: SAID[kind] });
    // The page goes on as a window of the shared session: same inputs, outputs and kernel.
    if (kind === "session") location.assign(link);
  } catch (error) {
    notify({ tone: "failed", text: error.message || "The link could not be copied." });
  }
});
