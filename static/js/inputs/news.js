// What a page hears about an input from its socket: another value, other options, what is wrong with what it sent.

import { complain, valueOf } from "../inputs.js";
import { notify } from "../notice.js";

/** Whether a field shows this already; a file's name is only in the server's drawing of it. */
export function isShown(field, { value, options = "", by }) {
  if (field.dataset.kind === "file" || JSON.stringify(valueOf(field)) !== JSON.stringify(value)) return false;
  const shownBy = field.querySelector("[data-changed-by]")?.dataset.changedBy ?? "";
  return (field.dataset.options ?? "") === options && (by === undefined || by === shownBy);
}

/** Said at the control it is about, where that is on the page. */
export function sayProblem({ sentence, input }) {
  const field = input && document.getElementById(`field-${input}`);
  if (field) complain(field, sentence.charAt(0).toUpperCase() + sentence.slice(1));
  else notify({ tone: "failed", text: sentence });
}
