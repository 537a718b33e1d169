// A file: its value is the path of an upload, which the server has given.

export const value = (field) => JSON.parse(field.dataset.value);

export const words = (field) => field.querySelector(".help")?.textContent.trim() || "No file";

/** A file that is chosen is uploaded by the page; the field keeps the path. */
export function choose(field, control, { complain, say }) {
  const file = control.files[0];
  if (!file) return;
  complain(field, "");
  say(field, "input-file", { file });
}

export function follow(root, { say }) {
  root.addEventListener("click", ({ target }) => {
    const field = target.closest("[data-remove-file]")?.closest("[data-input]");
    if (field && !field.hasAttribute("data-disabled")) say(field, "input-changed", { value: null });
  });
}
