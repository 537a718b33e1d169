// <data-table data-src>: a table that is sorted, filtered, paged, copied and downloaded. Its first rows come with the page;
// the others are fetched when somebody first touches it.
import { copyText } from "./copy-text.js";
import { csv, filtered, sorted, tabbed } from "./table-rows.js";
import { written } from "./table-values.js";

const CALM_ROWS = 10;
const ALL_ROWS = 50;

class DataTable extends HTMLElement {
  #loading = null;
  #table = null; // {columns, index, rows}
  #sort = null; // {column, descending}
  #filter = "";
  #page = 0;
  #size = CALM_ROWS;
  #ready = false;

  connectedCallback() {
    if (this.#ready) return; // Moved to another fragment: everything is as it was.
    this.#ready = true;
    this.addEventListener("click", (event) => this.#press(event.target.closest("button")));
    this.querySelector("input[type=search]")?.addEventListener("input", (event) => this.#search(event.target.value));
  }

  async #press(button) {
    if (!button || !(await this.#load())) return;
    if (button.dataset.sort !== undefined) this.#sortBy(Number(button.dataset.sort));
    switch (button.dataset.action) {
      case "previous":
        this.#page -= 1;
        break;
      case "next":
        this.#page += 1;
        break;
      case "all":
        this.#showAll(button);
        break;
      case "copy":
        copyText(tabbed(this.#rows(), this.#columns()), button);
        return;
      case "csv":
        this.#download();
        return;
    }
    this.#draw();
  }

  async #search(text) {
    if (!(await this.#load())) return;
    this.#filter = text;
    this.#page = 0;
    this.#draw();
  }

  /** False, and a sentence, when the rows can't be had; the next touch tries again. */
  async #load() {
    this.#loading ??= this.#fetch();
    this.#table = await this.#loading;
    if (this.#table) return true;
    this.#loading = null;
    this.#say("The other rows could not be loaded. The ones you see are right.");
    return false;
  }

  async #fetch() {
    try {
      const response = await fetch(this.dataset.src);
      return response.ok ? await response.json() : null;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error; // no network, no JSON
      return null;
    }
  }

  #columns() {
    return [...this.#table.index, ...this.#table.columns];
  }

  #rows() {
    const rows = filtered(this.#table.rows, this.#columns(), this.#filter);
    return this.#sort ? sorted(rows, this.#columns(), this.#sort) : rows;
  }

  /** First press: the order one looks for, the largest numbers or the first words; then the other way; then none. */
  #sortBy(column) {
    const first = this.#columns()[column].type === "number";
    if (this.#sort?.column !== column) this.#sort = { column, descending: first };
    else if (this.#sort.descending === first) this.#sort = { column, descending: !first };
    else this.#sort = null;
    this.#page = 0;
  }

  #showAll(button) {
    const open = this.toggleAttribute("data-open");
    this.#size = open ? ALL_ROWS : CALM_ROWS;
    this.#page = 0;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Show less" : "Show all";
    this.querySelector(".table-bar").hidden = !open;
    this.querySelector(".table-foot").hidden = !open;
  }

  #draw() {
    const columns = this.#columns();
    const rows = this.#rows();
    const pages = Math.max(Math.ceil(rows.length / this.#size), 1);
    this.#page = Math.min(Math.max(this.#page, 0), pages - 1);
    const start = this.#page * this.#size;
    const shown = rows.slice(start, start + this.#size);
    this.querySelector("tbody").replaceChildren(...shown.map((row) => this.#row(row, columns)));
    this.querySelectorAll("thead th").forEach((head, at) => this.#markSort(head, at));
    this.querySelector("[data-shown]").textContent = this.#words(start, shown.length, rows.length);
    this.querySelector("[data-action=previous]").disabled = this.#page === 0;
    this.querySelector("[data-action=next]").disabled = this.#page === pages - 1;
    this.#say(this.#filter.trim() ? `${count(rows.length)} with “${this.#filter.trim()}”` : "");
  }

  #row(row, columns) {
    const line = document.createElement("tr");
    columns.forEach((column, at) => {
      const cell = document.createElement(at < this.#table.index.length ? "th" : "td");
      if (cell.localName === "th") cell.scope = "row";
      if (column.align === "end") cell.classList.add("num");
      if (row[at] === null) cell.classList.add("nothing");
      cell.textContent = written(column, row[at]);
      line.append(cell);
    });
    return line;
  }

  #markSort(head, at) {
    if (this.#sort?.column !== at) head.removeAttribute("aria-sort");
    else head.setAttribute("aria-sort", this.#sort.descending ? "descending" : "ascending");
  }

  #words(start, shown, found) {
    if (!shown) return "No rows";
    const total = Number(this.dataset.total);
    const given = this.#table.rows.length;
    const all =
      found === given && given < total
        ? `the first ${count(given)}, ${total.toLocaleString("en-US")} in all`
        : count(found);
    return `${(start + 1).toLocaleString("en-US")}–${(start + shown).toLocaleString("en-US")} of ${all}`;
  }

  #say(sentence) {
    this.querySelector("[data-said]").textContent = sentence;
  }

  #download() {
    const file = new Blob([csv(this.#rows(), this.#columns())], { type: "text/csv" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: "table.csv" });
    link.click();
    URL.revokeObjectURL(link.href);
    const left = Number(this.dataset.total) - this.#table.rows.length;
    if (left > 0) this.#say(`The file has the first ${count(this.#table.rows.length)}.`);
  }
}

function count(rows) {
  return `${rows.toLocaleString("en-US")} ${rows === 1 ? "row" : "rows"}`;
}

customElements.define("data-table", DataTable);
