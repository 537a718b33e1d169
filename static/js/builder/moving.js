// Moving with the keyboard: Enter on a grip takes a block or a row, the arrow keys carry it, Enter puts it down, Esc takes
// it back. Each step is said, and so is what can't be.

export class Moving {
  #cell = null;
  #whole = false;
  #from = 0;
  #busy = false;

  constructor(builder) {
    this.builder = builder;
    this.say = document.getElementById("stage-say");
    builder.addEventListener("click", (event) => {
      const grip = event.target.closest("[data-grip]");
      if (grip && !grip.dataset.dragged) this.#toggle(grip);
    });
    document.addEventListener("keydown", (event) => this.isOn && this.#key(event), true);
    builder.addEventListener("pointerdown", ({ target }) => this.isOn && !target.closest("[data-grip]") && this.#end());
  }

  get isOn() {
    return this.#cell !== null;
  }

  get #placed() {
    return this.builder.stage.get(this.#cell);
  }

  #toggle(grip) {
    if (this.isOn) return this.#end();
    const placed = grip.closest(".placed") ?? grip.closest(".row").querySelector(".placed");
    this.#cell = placed.dataset.cell;
    this.#whole = grip.dataset.grip === "row";
    this.#from = this.builder.undoable;
    this.builder.refusal = "";
    this.#show();
  }

  async #key(event) {
    const { key } = event;
    if (key === "Tab") return this.#end();
    if (!["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Enter", " ", "Escape"].includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#busy) return;
    if (key === "Enter" || key === " ") return this.#end();
    this.#busy = true;
    this.builder.refusal = "";
    if (key === "Escape") await this.builder.undoTo(this.#from);
    else await this.#step(key.slice(5).toLowerCase());
    this.#busy = false;
    if (key === "Escape") this.#end();
    else if (this.isOn) this.#show();
  }

  /** One arrow key: up and down to another row, left and right beside a neighbour. */
  async #step(way) {
    const placed = this.#placed;
    const row = placed.closest(".row");
    const page = placed.closest("[data-page]");
    const rows = [...page.querySelectorAll(":scope > .row")];
    const at = rows.indexOf(row);
    const blocks = [...row.querySelectorAll(".placed")];
    const alone = this.#whole || blocks.length === 1;
    const tab = page.dataset.page;
    const cells = this.#whole ? blocks.map((block) => block.dataset.cell) : [this.#cell];
    if (way === "up") {
      if (alone && !at) return this.#refuse("It is the first row.");
      return this.builder.do("alone", { cells, tab, before: firstOf(alone ? rows[at - 1] : row, this.#cell) });
    }
    if (way === "down") {
      if (alone && at === rows.length - 1) return this.#refuse("It is the last row.");
      return this.builder.do("alone", { cells, tab, before: firstOf(rows[at + (alone ? 2 : 1)]) });
    }
    if (this.#whole)
      return this.#refuse("A row moves up and down. Move its blocks one by one to put them side by side.");
    const after = way === "right";
    const place = blocks.indexOf(placed) + (after ? 1 : -1);
    const beside =
      blocks.length > 1
        ? blocks[place]
        : after
          ? rows[at + 1]?.querySelector(".placed")
          : [...(rows[at - 1]?.querySelectorAll(".placed") ?? [])].at(-1);
    if (!beside)
      return this.#refuse(
        blocks.length > 1 ? `It is the ${after ? "last" : "first"} of its row.` : "There is no row on that side.",
      );
    return this.builder.do("beside", {
      cell: this.#cell,
      neighbour: beside.dataset.cell,
      after: blocks.length > 1 ? after : !after,
    });
  }

  #refuse(sentence) {
    this.builder.refusal = sentence;
    return null;
  }

  #show() {
    const placed = this.#placed;
    if (!placed) return this.#end();
    for (const other of document.querySelectorAll("[data-moving]")) other.removeAttribute("data-moving");
    const row = placed.closest(".row");
    for (const block of this.#whole ? row.querySelectorAll(".placed") : [placed]) block.dataset.moving = "";
    const grip = this.#whole ? row.querySelector('[data-grip="row"]') : placed.querySelector('[data-grip="block"]');
    grip?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    this.#tell(placed, row);
  }

  #tell(placed, row) {
    const rows = [...row.parentElement.querySelectorAll(":scope > .row")];
    const blocks = [...row.querySelectorAll(".placed")];
    const name = this.#whole ? `row ${rows.indexOf(row) + 1}` : `“${placed.dataset.words}”`;
    const others = blocks.filter((block) => block !== placed).map((block) => block.dataset.words);
    const where = this.#whole ? "" : others.length ? `, beside ${others.join(" and ")}` : ", alone in its row";
    const line = document.createElement("p");
    line.append(Object.assign(document.createElement("strong"), { textContent: `Moving ${name}.` }));
    line.append(` ${this.builder.refusal || `Row ${rows.indexOf(row) + 1} of ${rows.length}${where}.`}`);
    const keys = Object.assign(document.createElement("p"), { className: "keys" });
    const help = [
      ["↑ ↓", "another row"],
      ["← →", "beside its neighbour"],
      ["↵", "put it down"],
      ["Esc", "take it back"],
    ];
    for (const [names, words] of help) {
      const part = document.createElement("span");
      for (const key of names.split(" "))
        part.append(Object.assign(document.createElement("kbd"), { textContent: key }), " ");
      part.append(words);
      keys.append(part);
    }
    this.say.replaceChildren(line, keys);
    this.say.hidden = false;
  }

  #end() {
    for (const block of document.querySelectorAll("[data-moving]")) block.removeAttribute("data-moving");
    this.#cell = null;
    this.say.hidden = true;
    this.say.replaceChildren();
  }
}

function firstOf(row, except) {
  const blocks = [...(row?.querySelectorAll(".placed") ?? [])].filter((block) => block.dataset.cell !== except);
  return blocks[0]?.dataset.cell ?? null;
}
