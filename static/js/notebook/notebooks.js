// The notebooks of the project, in the rail: add, rename, duplicate, delete with undo.

import { csrfToken } from "../csrf.js";
import { notify } from "../notice.js";

export function followNotebooks(notebook) {
  const rail = notebook.querySelector("#rail");
  rail.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-notebook]");
    if (!button) return;
    const row = button.closest("[data-notebook-id]");
    const acts = { add, rename, copy, delete: remove };
    acts[button.dataset.notebook](notebook, row);
  });
  for (const button of notebook.querySelectorAll("[data-sheet]")) {
    button.addEventListener("click", () => toggleSheet(notebook, button));
  }
  rail.addEventListener("click", ({ target }) => {
    if (target.closest(".contents a")) closeSheets(notebook);
  });
}

async function add(notebook) {
  const answer = await post(notebook.dataset.notebooks);
  if (answer) await go(notebook, answer.address);
}

async function copy(notebook, row) {
  await notebook.edits.flush();
  const answer = await post(`${notebook.dataset.notebooks}${row.dataset.notebookId}/copy/`);
  if (answer) await go(notebook, answer.address);
}

async function remove(notebook, row) {
  await notebook.edits.flush();
  const answer = await post(`${notebook.dataset.notebooks}${row.dataset.notebookId}/delete/`);
  if (!answer) return;
  const { version, title } = answer;
  const isThis = row.dataset.notebookId === notebook.dataset.draft;
  row.remove();
  notify({
    text: answer.sentence,
    keep: isThis,
    actions: [
      {
        label: "Undo",
        act: async () => {
          const back = await post(`${notebook.dataset.notebooks}restore/`, { version, title });
          if (back) await go(notebook, back.address);
        },
      },
      ...(isThis ? [{ label: "Go to the other notebook", act: () => location.assign(answer.address) }] : []),
    ],
  });
}

/** The name becomes a field: Enter keeps what is typed, Esc what was. */
function rename(notebook, row) {
  const link = row.querySelector("a");
  const title = link.querySelector(".notebook-title");
  const before = title.textContent.trim();
  const field = document.createElement("input");
  field.className = "control rename";
  field.setAttribute("aria-label", "Name of the notebook");
  field.maxLength = 200;
  field.value = before;
  link.hidden = true;
  link.after(field);
  field.focus();
  field.select();
  let over = false;
  const end = async (wanted) => {
    if (over) return;
    over = true;
    field.remove();
    link.hidden = false;
    if (!wanted.trim() || wanted.trim() === before) return;
    title.textContent = wanted.trim();
    const answer = await post(`${notebook.dataset.notebooks}${row.dataset.notebookId}/cells/`, {
      operation: "rename",
      title: wanted,
    });
    title.textContent = answer ? answer.title : before;
  };
  field.addEventListener("blur", () => end(field.value));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") end(field.value);
    if (event.key === "Escape") {
      event.preventDefault();
      end(before);
      link.focus();
    }
  });
}

async function go(notebook, address) {
  await notebook.edits.flush();
  location.assign(address);
}

/** POST; a refusal is said, and answers null. An operation on cells goes as JSON, the rest as a form. */
async function post(address, fields = {}) {
  const isOperation = "operation" in fields;
  let response;
  try {
    response = await fetch(address, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken(), ...(isOperation ? { "Content-Type": "application/json" } : {}) },
      body: isOperation ? JSON.stringify(fields) : new URLSearchParams(fields),
    });
  } catch {
    notify({ tone: "failed", text: "The server could not be reached. Nothing was changed; try again." });
    return null;
  }
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  const answer = isJson ? await response.json() : {};
  if (response.ok && isJson) return answer;
  notify({ tone: "failed", text: answer.sentence ?? "This could not be done. Reload the page and try again." });
  return null;
}

// ---- On a phone the rail and the settings are sheets, opened from the foot

function toggleSheet(notebook, button) {
  const wanted = notebook.dataset.open === button.dataset.sheet ? "" : button.dataset.sheet;
  closeSheets(notebook);
  if (!wanted) return;
  button.setAttribute("aria-expanded", "true");
  notebook.dataset.open = wanted;
  if (wanted === "settings") notebook.panel.open();
}

export function closeSheets(notebook) {
  if (notebook.dataset.open === "settings") notebook.panel.close();
  delete notebook.dataset.open;
  for (const button of notebook.querySelectorAll("[data-sheet]")) button.setAttribute("aria-expanded", "false");
}
