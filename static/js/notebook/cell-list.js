// The cells of the page in order, brought to what the server says.

import { Cell } from "./cell.js";

export class CellList {
  #cells = new Map();

  /** @param {HTMLElement} place the element whose children are the cells */
  constructor(place, notebook) {
    this.place = place;
    this.notebook = notebook;
    for (const element of place.querySelectorAll(":scope > .cell")) this.#take(element);
    this.renumber();
  }

  get all() {
    return [...this.place.querySelectorAll(":scope > .cell")].map((element) => element.notebookCell);
  }

  get marks() {
    return Object.fromEntries(this.all.map((cell) => [cell.id, cell.mark]));
  }

  get(id) {
    return this.#cells.get(id) ?? null;
  }

  /** The cell that an element is in. */
  of(element) {
    return element?.closest?.(".cell")?.notebookCell ?? null;
  }

  /** The neighbour `step` cells away, or null at the ends. */
  beside(cell, step) {
    const { all } = this;
    return all[all.indexOf(cell) + step] ?? null;
  }

  /** A new cell of a kind the page can make by itself, below `after` (null: at the top). */
  make(kind, id, after) {
    const template = this.notebook.querySelector(`template[data-cell-template="${kind}"]`);
    const element = template.content.firstElementChild.cloneNode(true);
    element.id = `cell-${id}`;
    element.dataset.cell = id;
    const result = element.querySelector(".cell-result");
    if (result) result.id = `cell-outputs-${id}`;
    const cell = this.#take(element);
    if (after) after.element.after(element);
    else this.place.prepend(element);
    this.renumber();
    return cell;
  }

  /** Take over an answer: new drawings, what is gone, the order. Returns the cells that were not there before. */
  adopt({ fragments, removed, order }) {
    const added = [];
    for (const { cell: id, html } of fragments) {
      if (!id) continue;
      const element = parse(html);
      const known = this.get(id);
      if (known) known.adopt(element);
      else {
        this.place.append(element);
        added.push(this.#take(element));
      }
    }
    for (const id of removed) this.#remove(id);
    this.#arrange(order);
    this.renumber();
    return added;
  }

  renumber() {
    let number = 0;
    for (const cell of this.all) cell.name(cell.runs ? String(++number) : "");
  }

  /** A text that is being written is not taken away: saving it will say that the cell is gone. */
  #remove(id) {
    const cell = this.get(id);
    if (!cell || cell.isDirty) return;
    this.#cells.delete(id);
    cell.destroy();
  }

  /** Move as few elements as possible: one that moves loses its focus and its frames load again. */
  #arrange(order) {
    const wanted = order.map((id) => this.get(id)?.element).filter(Boolean);
    const kept = longestInOrder(wanted.map((element) => [...this.place.children].indexOf(element)));
    const staying = new Set(kept.map((index) => this.place.children[index]));
    let previous = null;
    for (const element of wanted) {
      if (!staying.has(element)) {
        if (previous) previous.after(element);
        else this.place.prepend(element);
      }
      previous = element;
    }
  }

  #take(element) {
    const cell = new Cell(element, this.notebook);
    this.#cells.set(cell.id, cell);
    return cell;
  }
}

/** A longest increasing subsequence of different numbers. */
function longestInOrder(numbers) {
  const tails = [];
  const before = new Map();
  for (const number of numbers) {
    let place = tails.findIndex((tail) => tail >= number);
    if (place < 0) place = tails.length;
    before.set(number, tails[place - 1]);
    tails[place] = number;
  }
  const found = [];
  for (let number = tails.at(-1); number !== undefined; number = before.get(number)) found.unshift(number);
  return found;
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}
