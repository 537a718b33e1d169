// Two people changed the same text: the later one sees the difference and chooses.

import { newId } from "./actions.js";

/**
 * @param {object} notebook @param {import("./cell.js").Cell} cell
 * @param {{html: string, theirs: string | null, both: string, base: string}} conflict the server's answer
 * @returns {Promise<void>} when a text was chosen and is on its way
 */
export async function settleConflict(notebook, cell, conflict) {
  const choice = await ask(conflict.html);
  const isGone = conflict.theirs === null;
  switch (choice) {
    case "mine":
      if (isGone) putBack(notebook, cell);
      else {
        cell.base = conflict.base;
        notebook.edits.overwrite(cell);
      }
      break;
    case "both":
      cell.show(conflict.theirs, conflict.base);
      cell.suggest(conflict.both);
      notebook.edits.typed(cell);
      cell.edit();
      break;
    case "theirs":
      // Not dirty any more, so that the next look may draw it, or take it away.
      cell.show(conflict.theirs ?? cell.savedText, conflict.base);
      break;
  }
}

/** There is no way around the choice: nothing is decided by closing the dialogue, it only opens again. */
function ask(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const dialog = page.querySelector("dialog");
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("click", ({ target }) => {
      const choice = target.closest("[data-choose]")?.dataset.choose;
      if (!choice) return;
      dialog.close();
      dialog.remove();
      resolve(choice);
    });
    dialog.showModal();
  });
}

/** The cell was deleted: one's own text comes back as a new cell in its place. */
function putBack(notebook, cell) {
  const { list, edits } = notebook;
  const after = list.beside(cell, -1)?.id ?? null;
  const { kind, text: source } = cell;
  const id = newId();
  cell.savedText = cell.text;
  edits.send(() => ({ operation: "insert", id, kind, source, after }));
}
