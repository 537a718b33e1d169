// The Link menu: three links, each copied with a word of what it does.

import { linkTo } from "./app-session.js";
import { notify } from "./notice.js";

const SAID = {
  published: "Copied the app's link. It opens with the defaults.",
  inputs: "Copied a link that opens with the values you see now.",
  session: "Copied the link of this session. Everyone with it who may open the app sees the same.",
};

/** Pages without a certificate have no clipboard but the selection's. */
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error(`The browser does not allow copying here. The link is ${text}`);
}

// What was said just before the page became the shared session's.
const said = sessionStorage.getItem("said");
if (said) {
  sessionStorage.removeItem("said");
  notify({ text: said });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-link]");
  if (!button) return;
  button.closest("[popover]")?.hidePopover();
  const kind = button.dataset.copyLink;
  const session = document.querySelector("app-session");
  try {
    const { link, without = "" } = await linkTo(kind, session.valuesNow);
    await copy(link);
    // The page goes on as a window of the shared session: same inputs, outputs and kernel.
    if (kind === "session" && link !== location.href) {
      sessionStorage.setItem("said", SAID[kind]);
      location.assign(link);
    } else {
      notify({ text: `${SAID[kind]} ${without}`.trim() });
    }
  } catch (error) {
    notify({ tone: "failed", text: error.message || "The link could not be copied." });
  }
});
