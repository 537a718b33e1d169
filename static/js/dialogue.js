// Dialogues that live at an address of their own: <button data-dialogue="/…/share/">, with data-method="post" where
// opening one does something.

import { csrfToken } from "./csrf.js";
import { notify } from "./notice.js";

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-dialogue]");
  if (!opener || opener.getAttribute("aria-disabled") === "true") return;
  event.preventDefault();
  await openDialogue(opener.dataset.dialogue, { method: opener.dataset.method ?? "get", opener });
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
});

// A page that was asked for with a dialogue over it; once only, so that a reload or a bookmark is of the page.
const opens = document.querySelector("[data-opens]")?.dataset.opens;
if (opens) {
  const address = new URL(location.href);
  address.searchParams.delete("dialogue");
  history.replaceState(history.state, "", address);
  openDialogue(opens);
}

/** Fetch the dialogue at `address` and show it; focus goes back to `opener` when it closes. */
export async function openDialogue(address, { method = "get", opener = null, body = null } = {}) {
  opener?.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, {
      method: method.toUpperCase(),
      headers: { "X-CSRFToken": csrfToken(), "X-Fragment": "dialogue" },
      body: method === "post" ? (body ?? new FormData()) : undefined,
    });
    if (!response.ok) {
      notify({ tone: "failed", text: (await sentence(response)) || "This could not be opened. Try again." });
      return null;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const dialog = page.querySelector("dialog");
    document.body.append(dialog);
    dialog.showModal();
    dialog.addEventListener("close", () => {
      dialog.remove();
      opener?.focus();
    });
    return dialog;
  } finally {
    opener?.removeAttribute("aria-busy");
  }
}

async function sentence(response) {
  if (response.headers.get("Content-Type")?.startsWith("application/json")) return (await response.json()).sentence;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector(".said p")?.textContent.trim();
}
