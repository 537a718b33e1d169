// Dragging blocks, rows and tabs with a mouse, a pen or a finger. A mark shows where it will land, in words.

const BEGINS = 5; // px: less is a click
const EDGE = 0.28; // of a block's width: there it goes beside
const NEAR_EDGE = 72; // px from the window's edge: the page scrolls
const TURNS = 600; // ms over a tab: its page is shown

export function followDrags(builder) {
  builder.addEventListener("pointerdown", (event) => {
    if (event.button || event.target.closest("[data-builder]")) return;
    const grip = event.target.closest("[data-grip]");
    const aside = event.target.closest("[data-aside]");
    const tab = event.target.closest("[data-tab]");
    if (grip) begin(builder, event, grip, ofGrip(grip));
    else if (aside) begin(builder, event, aside, { cells: [aside.dataset.aside], words: aside.dataset.words });
    else if (tab) beginTab(builder, event, tab);
  });
}

function ofGrip(grip) {
  const row = grip.dataset.grip === "row" && grip.closest(".row");
  const blocks = row ? [...row.querySelectorAll(".placed")] : [grip.closest(".placed")];
  return {
    cells: blocks.map((block) => block.dataset.cell),
    words: blocks.map((block) => block.dataset.words).join(", "),
    blocks,
    isRow: Boolean(row),
  };
}

function begin(builder, start, handle, carried) {
  if (start.pointerType === "touch" && handle.matches("[data-aside]") && !start.target.closest(".icon")) return;
  let drag = null;
  const move = (event) => {
    if (!drag && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < BEGINS) return;
    drag ??= new Drag(builder, handle, carried);
    event.preventDefault();
    drag.to(event);
  };
  const end = (event) => {
    stop();
    if (event.type === "pointerup") drag?.drop();
    drag?.over();
  };
  const key = (event) => {
    if (event.key !== "Escape" || !drag) return;
    event.preventDefault();
    event.stopPropagation();
    stop();
    drag.over();
  };
  const stop = () => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
    document.removeEventListener("keydown", key, true);
  };
  document.addEventListener("pointermove", move, { passive: false });
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
  document.addEventListener("keydown", key, true);
}

class Drag {
  #target = null;
  #scroll = 0;
  #frame = 0;
  #tab = null;
  #timer = 0;
  #at = null;

  constructor(builder, handle, carried) {
    this.builder = builder;
    this.handle = handle;
    this.carried = carried;
    handle.dataset.dragged = "";
    document.body.dataset.dragging = "";
    for (const block of carried.blocks ?? []) block.dataset.lifted = "";
    this.ghost = Object.assign(document.createElement("span"), { className: "ghost", textContent: carried.words });
    this.mark = Object.assign(document.createElement("div"), { className: "drop" });
    this.mark.append(document.createElement("span"));
    document.body.append(this.ghost);
    getSelection()?.removeAllRanges();
  }

  to({ clientX: x, clientY: y }) {
    this.#at = { x, y };
    this.ghost.style.translate = `${x + 12}px ${y + 12}px`;
    const speed =
      y < NEAR_EDGE + 52 ? y - NEAR_EDGE - 52 : y > innerHeight - NEAR_EDGE ? y - innerHeight + NEAR_EDGE : 0;
    this.#scroll = speed / 4;
    if (speed && !this.#frame) this.#roll();
    this.#aim();
  }

  drop() {
    const { builder, carried } = this;
    const target = this.#target;
    if (!target) return;
    if (target.tab !== undefined) {
      for (const cell of carried.cells) builder.do(carried.blocks ? "to-tab" : "put-in", { cell, tab: target.tab });
    } else if (target.beside) {
      builder.do("beside", { cell: carried.cells[0], neighbour: target.beside, after: target.after });
    } else {
      builder.do("alone", { cells: carried.cells, before: target.before, tab: builder.tabs.current });
    }
  }

  /** Everything that dragging put on the page goes. */
  over() {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.ghost.remove();
    this.mark.remove();
    delete document.body.dataset.dragging;
    for (const block of document.querySelectorAll("[data-lifted]")) delete block.dataset.lifted;
    this.builder.stage.settle();
    // The click that follows is no click on the grip.
    setTimeout(() => delete this.handle.dataset.dragged);
  }

  #roll() {
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (!this.#scroll) return;
      scrollBy(0, this.#scroll);
      this.#aim();
      this.#roll();
    });
  }

  #aim() {
    const { x, y } = this.#at;
    const over = document.elementFromPoint(x, y);
    const tab = over?.closest("[data-tab]");
    this.#overTab(tab);
    if (tab && tab.dataset.tab !== this.builder.tabs.current) return this.#say({ tab: tab.dataset.tab }, null);
    const page = this.builder.stage.page(this.builder.tabs.current);
    if (!page || !over?.closest(".stage")) return this.#say(null, null);
    const rows = [...page.querySelectorAll(":scope > .row")];
    const row = rows.find((one) => y <= one.getBoundingClientRect().bottom) ?? null;
    if (!row) return this.#alone(rows, rows.length, page);
    const box = row.getBoundingClientRect();
    if (y >= box.top && !this.carried.isRow && this.#beside(row, x)) return;
    this.#alone(rows, rows.indexOf(row) + (y > box.top + box.height / 2 ? 1 : 0), page);
  }

  /** Near the left or right edge of a block: into its row, if there is room. */
  #beside(row, x) {
    const blocks = [...row.querySelectorAll(".placed")];
    const own = this.carried.cells[0];
    const isHere = blocks.some((block) => block.dataset.cell === own);
    if (!isHere && blocks.length >= 4) return false;
    for (const block of blocks) {
      const slot = block.closest(".slot");
      const box = slot.getBoundingClientRect();
      if (x < box.left - 12 || x > box.right + 12) continue;
      const share = (x - box.left) / box.width;
      if (share > EDGE && share < 1 - EDGE) continue;
      if (block.dataset.cell === own) return false;
      const after = share >= 1 - EDGE;
      this.#say(
        { beside: block.dataset.cell, after },
        slot,
        `Beside ${block.dataset.words}`,
        after ? "beside after" : "beside",
      );
      return true;
    }
    return false;
  }

  #alone(rows, at, page) {
    const row = rows[at];
    const before = row?.querySelector(".placed")?.dataset.cell ?? null;
    const place = row ?? rows.at(-1) ?? page.querySelector(".landing");
    this.#say({ before }, place, this.carried.isRow ? `Row ${at + 1}` : "A row of its own", row ? "above" : "below");
  }

  #say(target, place, words = "", kind = "") {
    this.#target = target;
    if (!place) return this.mark.remove();
    this.mark.className = `drop ${kind}`;
    this.mark.firstChild.textContent = words;
    if (this.mark.parentElement !== place) place.append(this.mark);
  }

  #overTab(tab) {
    if (tab === this.#tab) return;
    this.#tab = tab;
    clearTimeout(this.#timer);
    if (tab) this.#timer = setTimeout(() => this.builder.tabs.choose(tab.dataset.tab), TURNS);
  }
}

/** A tab is carried along the bar; it lands where it is let go. */
function beginTab(builder, start, tab) {
  let moved = false;
  const move = ({ clientX }) => {
    moved ||= Math.abs(clientX - start.clientX) > BEGINS;
    if (moved) tab.style.translate = `${clientX - start.clientX}px 0`;
  };
  const end = ({ type, clientX }) => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
    tab.style.translate = "";
    if (!moved || type !== "pointerup") return;
    const { all } = builder.tabs;
    const others = all.filter((other) => other !== tab);
    const position = others.filter((other) => {
      const box = other.getBoundingClientRect();
      return box.left + box.width / 2 < clientX;
    }).length;
    if (position !== all.indexOf(tab)) builder.tabs.move(position - all.indexOf(tab), tab);
  };
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
}
