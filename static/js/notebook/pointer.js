// What clicks and focus do on the notebook page: choosing cells, the buttons of cells and of the bar, moving inputs.

import { uploadTo } from "../inputs/upload.js";

/** Buttons with `data-act`, wherever they are on the page; other names are those of actions. */
const ACTS = {
  run: (notebook) => notebook.actions.do("run", "stay"),
  edit: (notebook) => notebook.editCurrent(),
  "run-above": (notebook) => notebook.actions.do("runFrom", -1),
  "run-below": (notebook) => notebook.actions.do("runFrom", 1),
  "run-all": (notebook) => notebook.actions.do("session", "run_all"),
  "restart-run-all": (notebook) => notebook.actions.do("session", "restart_run_all"),
  "run-stale": (notebook) => notebook.actions.do("session", "run_stale"),
  restart: (notebook) => notebook.actions.do("session", "restart"),
  stop: (notebook) => notebook.stop(),
  "move-up": (notebook) => notebook.actions.do("move", -1),
  "move-down": (notebook) => notebook.actions.do("move", 1),
  "toggle-shown": (notebook) => notebook.actions.do("toggleShown"),
  "to-code": (notebook) => notebook.actions.do("kind", "code"),
  "to-text": (notebook) => notebook.actions.do("kind", "markdown"),
  "to-raw": (notebook) => notebook.actions.do("kind", "raw"),
  "to-input": (notebook) => notebook.actions.do("kind", "input"),
  "insert-below": (notebook) => notebook.actions.do("insert", "code", { edit: true }),
  duplicate: (notebook) => notebook.actions.do("duplicate"),
  split: (notebook) => notebook.actions.do("split"),
  merge: (notebook) => notebook.actions.do("merge"),
  copy: (notebook) => notebook.actions.do("copy"),
  cut: (notebook) => notebook.actions.do("cut"),
  paste: (notebook) => notebook.actions.do("paste"),
  delete: (notebook) => notebook.actions.do("delete"),
  settings: (notebook) => notebook.panel.toggle(),
  "close-settings": (notebook) => notebook.panel.close(),
  publish: (notebook) => notebook.publish(),
};

export function followPointer(notebook) {
  notebook.addEventListener("focusin", ({ target }) => {
    const cell = notebook.list.of(target);
    if (cell && !notebook.selection.cells.includes(cell)) notebook.selection.choose(cell);
  });
  notebook.addEventListener("dblclick", ({ target }) => {
    const cell = notebook.list.of(target);
    if (cell?.kind === "markdown" && !cell.editor && !target.closest("a, button")) cell.edit();
  });
  notebook.addEventListener("click", (event) => {
    const insert = event.target.closest("[data-insert]");
    if (insert) insertAt(notebook, insert);
    else chooseAt(notebook, event);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-act]");
    if (!button) return;
    const cell = notebook.list.of(button);
    if (cell && !notebook.selection.cells.includes(cell)) notebook.selection.choose(cell);
    ACTS[button.dataset.act](notebook);
  });
  notebook.querySelector("#cell-menu")?.addEventListener("beforetoggle", ({ target: menu }) => {
    for (const item of menu.querySelectorAll("[data-makes]")) {
      item.hidden = item.dataset.makes === notebook.selection.current?.kind;
    }
  });
  notebook.addEventListener("input-changed", ({ detail: { name, value } }) => {
    notebook.news.touched(name);
    if (notebook.mayRun)
      notebook.socket.send({ type: "set", values: { [name]: value }, message: crypto.randomUUID?.() });
  });
  notebook.addEventListener("input-file", async ({ detail: { field, name, file } }) => {
    const answer = await uploadTo(notebook.dataset.upload, { notebook: notebook.dataset.draft }, field, file);
    if (answer) notebook.socket.send({ type: "set", values: { [name]: answer.value }, message: crypto.randomUUID?.() });
  });
  notebook.addEventListener("input-pressed", ({ detail: { name } }) => {
    if (notebook.mayRun) notebook.socket.send({ type: "press", name });
  });
}

function insertAt(notebook, button) {
  const { all } = notebook.list;
  const places = { top: null, last: all.at(-1) ?? null, below: notebook.list.of(button) };
  const after = places[button.closest(".insert").dataset.place];
  notebook.actions.do("insert", button.dataset.insert, { after, edit: true });
}

function chooseAt(notebook, event) {
  const { target, clientX: x, clientY: y } = event;
  const cell = notebook.list.of(target);
  if (!cell || target.closest("[data-act]")) return;
  notebook.selection.choose(cell, { extend: event.shiftKey && notebook.selection.current !== cell });
  const onCode = target.closest("pre.code[data-rendered]");
  if (onCode && notebook.mayEdit && getSelection().isCollapsed) cell.edit({ x, y });
}
