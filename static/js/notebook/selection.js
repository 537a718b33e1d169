// Which cells are chosen: one is current, and others may be chosen with it. Command mode is focus on the current cell.

export class Selection extends EventTarget {
  #current = null;
  #anchor = null;

  constructor(list) {
    super();
    this.list = list;
  }

  get current() {
    return this.#current && this.list.get(this.#current.id) === this.#current ? this.#current : null;
  }

  /** The chosen cells in the order of the notebook. */
  get cells() {
    const { all } = this.list;
    const [from, to] = [all.indexOf(this.#anchor ?? this.current), all.indexOf(this.current)].sort((a, b) => a - b);
    return to < 0 ? [] : all.slice(Math.max(from, 0), to + 1);
  }

  /** Make a cell the current one; `extend` keeps those between it and where choosing began. */
  choose(cell, { extend = false, focus = false } = {}) {
    if (!cell) return;
    const changed = this.#current !== cell;
    if (!extend) this.#anchor = null;
    else this.#anchor ??= this.#current;
    this.#current?.element.setAttribute("tabindex", "-1");
    this.#current = cell;
    this.#draw();
    if (focus) this.focus();
    if (changed) this.dispatchEvent(new CustomEvent("change", { detail: { cell } }));
  }

  /** Command mode: the keys act on the cell. */
  focus() {
    const element = this.current?.element;
    if (!element) return;
    element.focus({ preventScroll: true });
    const box = element.getBoundingClientRect();
    if (box.top < 60 || box.bottom > innerHeight) element.scrollIntoView({ block: "nearest" });
  }

  step(by, { extend = false } = {}) {
    const { current } = this;
    const next = current ? this.list.beside(current, by) : this.list.all[0];
    if (next) this.choose(next, { extend, focus: true });
    return Boolean(next);
  }

  /** After an edit: what is gone can't be chosen. */
  settle(fallback) {
    if (!this.current) this.choose(fallback ?? this.list.all[0] ?? null);
    else this.#draw();
  }

  #draw() {
    const chosen = new Set(this.cells);
    for (const cell of this.list.all) {
      const { element } = cell;
      const isCurrent = cell === this.#current;
      if (isCurrent) {
        element.setAttribute("aria-current", "true");
        element.setAttribute("tabindex", "0");
      } else element.removeAttribute("aria-current");
      element.toggleAttribute("data-chosen", chosen.size > 1 && chosen.has(cell));
    }
  }
}
