// What a person can do with cells, by name: the same for keys, buttons and menus. One at a time, in the order asked for.

import { notify } from "../notice.js";
import { codePoints } from "./completions.js";

const CLIPBOARD = "hexlite.cells";

export class Actions {
  #last = Promise.resolve();
  #deleted = [];

  /** @param {object} notebook with `list`, `selection`, `edits`, `socket` and what the person may */
  constructor(notebook) {
    this.notebook = notebook;
  }

  /** Do the named thing after all that was asked for before it. */
  do(name, ...details) {
    const act = this[name];
    this.#last = this.#last.then(() => act.apply(this, details)).catch((error) => this.#said(error));
    return this.#last;
  }

  get #current() {
    return this.notebook.selection.current;
  }

  get #chosen() {
    return this.notebook.selection.cells;
  }

  // ---- Cells come and go

  /** A new cell below (or above) the current one, or after a given one; the caret is in it. */
  async insert(kind, { above = false, after, edit = false } = {}) {
    const { list } = this.notebook;
    const neighbour = after !== undefined ? after : above ? list.beside(this.#current, -1) : this.#current;
    const id = newId();
    const ask = () => ({ operation: "insert", id, kind, after: neighbour?.id ?? null });
    if (kind !== "input") {
      const cell = list.make(kind, id, neighbour);
      this.notebook.nearby.follow(cell);
      this.#show(cell, { edit });
      // Not awaited: the cell is on the screen, and later edits follow this one in the queue.
      this.notebook.edits.send(ask).catch((error) => this.#said(error));
      return;
    }
    await this.#edit(ask);
    this.#show(list.get(id), {});
    this.notebook.openSettings();
  }

  async delete({ quietly = false } = {}) {
    const cells = this.#chosen;
    if (!cells.length) return null;
    const { list } = this.notebook;
    const next = list.beside(cells.at(-1), 1) ?? list.beside(cells[0], -1);
    const answer = await this.#edit(() => ({ operation: "delete", cells: cells.map(known) }));
    if (!answer?.restore) return null;
    const deleted = { restore: answer.restore, forget: () => {} };
    this.#deleted.push(deleted);
    this.notebook.selection.choose(next, { focus: true });
    const count = answer.restore.length;
    if (quietly) return answer.restore;
    deleted.forget = notify({
      text: count === 1 ? "Deleted a cell." : `Deleted ${count} cells.`,
      actions: [{ label: "Undo", act: () => this.do("undoDelete", deleted) }],
    });
    return answer.restore;
  }

  /** Bring back what was deleted last, or one of those before. */
  async undoDelete(deleted = this.#deleted.at(-1)) {
    if (!deleted || !this.#deleted.includes(deleted)) return;
    this.#deleted = this.#deleted.filter((one) => one !== deleted);
    deleted.forget();
    const { restore } = deleted;
    await this.#edit(() => ({ operation: "restore", restore }));
    this.#show(this.notebook.list.get(restore[0].cell.id), {});
  }

  async duplicate() {
    const { id: cell } = this.#current;
    const id = newId();
    await this.#edit(() => ({ operation: "duplicate", cell, id }));
    this.#show(this.notebook.list.get(id), {});
  }

  /** Cells are copied as they are saved, for every notebook of this browser. */
  async copy() {
    const cells = this.#chosen.map((cell) => cell.id);
    const answer = await this.notebook.edits.ask(() => ({ operation: "copy", cells }));
    this.#keep(answer.cells);
  }

  async cut() {
    const deleted = await this.delete({ quietly: true });
    if (deleted) this.#keep(deleted.map(({ cell }) => cell));
  }

  async paste() {
    const cells = JSON.parse(localStorage.getItem(CLIPBOARD) ?? "[]");
    if (!cells.length) return;
    const ids = cells.map(newId);
    const after = this.#chosen.at(-1)?.id ?? null;
    await this.#edit(() => ({ operation: "paste", cells, ids, after }));
    this.#show(this.notebook.list.get(ids.at(-1)), {});
  }

  #keep(cells) {
    localStorage.setItem(CLIPBOARD, JSON.stringify(cells));
    notify({
      text: cells.length === 1 ? "Copied a cell. V pastes it." : `Copied ${cells.length} cells. V pastes them.`,
    });
  }

  // ---- Their places and shapes

  async move(step) {
    const { list } = this.notebook;
    const cells = this.#chosen;
    const edge = step < 0 ? list.beside(cells[0], -1) : list.beside(cells.at(-1), 1);
    if (!edge) return;
    const before = step < 0 ? edge : list.beside(edge, 1);
    const focused = document.activeElement;
    await this.#edit(() => ({ operation: "move", cells: cells.map((cell) => cell.id), before: before?.id ?? null }));
    if (focused?.isConnected && cells.some((cell) => cell.element.contains(focused))) focused.focus();
    else this.notebook.selection.focus();
  }

  async split() {
    const cell = this.#current;
    if (!cell?.source) return;
    const id = newId();
    const offset = codePoints(cell.text, cell.caret);
    const wasEditing = cell.isEditing;
    await this.#edit(() => ({ operation: "split", ...known(cell), cell: cell.id, offset, id }));
    this.#show(this.notebook.list.get(id), { edit: wasEditing, at: "start" });
  }

  async merge() {
    const { list, selection } = this.notebook;
    let cells = this.#chosen;
    if (cells.length < 2) cells = [cells[0], list.beside(cells[0], 1)].filter(Boolean);
    if (cells.length < 2) return;
    await this.#edit(() => ({ operation: "merge", cells: cells.map(known) }));
    selection.choose(cells[0], { focus: true });
  }

  async kind(kind) {
    const cells = this.#chosen.map((cell) => cell.id);
    await this.#edit(() => ({ operation: "kind", cells, kind }));
    this.notebook.selection.focus();
    if (kind === "input") this.notebook.openSettings();
  }

  async toggleShown() {
    const cells = this.#chosen;
    const shown = cells[0]?.element.dataset.show?.startsWith("1");
    await this.show({ cell: !shown });
  }

  async show(flags, cells = this.#chosen) {
    await this.#edit(() => ({ operation: "show", cells: cells.map((cell) => cell.id), show: flags }));
  }

  async always(cell, always) {
    await this.#edit(() => ({ operation: "always", cell: cell.id, always }));
  }

  // ---- Running

  /** Run the chosen cells: `next` goes to the cell below, `stay` does not, `insert` makes one. */
  async run(how) {
    const { list, selection } = this.notebook;
    const cells = this.#chosen;
    if (!cells.length) return;
    this.#play(cells).catch((error) => this.#said(error));
    for (const cell of cells) if (cell.kind === "markdown") this.#rest(cell);
    if (how === "stay") selection.focus();
    if (how === "insert") await this.insert("code", { after: cells.at(-1), edit: true });
    if (how === "next") {
      const next = list.beside(cells.at(-1), 1);
      if (next) selection.choose(next, { focus: true });
      else await this.insert("code", { after: cells.at(-1), edit: true });
    }
  }

  async runFrom(step) {
    const { all } = this.notebook.list;
    const position = all.indexOf(this.#current);
    await this.#play(step < 0 ? all.slice(0, position) : all.slice(position));
  }

  /** What runs is what is saved: texts go first. */
  async #play(cells) {
    const ids = cells.filter((cell) => cell.runs).map((cell) => cell.id);
    if (!ids.length || !this.notebook.mayRun) return;
    await this.notebook.edits.flush();
    if (this.notebook.isSettling) return;
    this.notebook.socket.send({ type: "run_cells", cells: ids });
  }

  /** `run_all`, `run_stale`, `restart_run_all`, `restart`. */
  async session(type) {
    if (!this.notebook.mayRun) return;
    await this.notebook.edits.flush();
    if (!this.notebook.isSettling) this.notebook.socket.send({ type });
  }

  async #rest(cell) {
    await this.notebook.edits.flush(cell);
    cell.rest();
  }

  // ---- Inside

  #show(cell, { edit = false, at }) {
    if (!cell) return;
    this.notebook.selection.choose(cell, { focus: true });
    if (edit) cell.edit({ at });
  }

  #edit(make) {
    return this.notebook.edits.send(make);
  }

  /** Refusals in words; what the page shows is brought to what is true. */
  #said(error) {
    if (!error.status) throw error;
    const meanwhile = `${error.answer.who} changed that cell meanwhile, so it was left as it is. Do it again if you still want to.`;
    notify({ tone: "failed", text: error.status === 409 ? meanwhile : error.message });
    this.notebook.look();
  }
}

/** As nbformat wants it: the page names new cells, so that asking twice makes one. */
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function known(cell) {
  return { id: cell.id, base: cell.base };
}
