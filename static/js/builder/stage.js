// The stage: pages of rows of blocks, as the server draws them. What a block shows stays in place when its row moves.

import { isAtWork, showRange } from "../inputs.js";

export class Stage {
  #waiting = null;

  constructor(builder) {
    this.builder = builder;
    builder.addEventListener("focusin", ({ target }) => this.#chosenBy(target));
    builder.addEventListener("pointerdown", ({ target }) => this.#chosenBy(target));
  }

  get sheet() {
    return document.getElementById("sheet-body");
  }

  get current() {
    return this.sheet.querySelector('.placed[aria-current="true"]');
  }

  get(cell) {
    return document.getElementById(`placed-${cell}`);
  }

  page(id) {
    return this.sheet.querySelector(`[data-page="${CSS.escape(id)}"]`);
  }

  rowsOn(id) {
    return [...(this.page(id)?.querySelectorAll(":scope > .row") ?? [])];
  }

  blocksOn(id) {
    return [...(this.page(id)?.querySelectorAll(".placed") ?? [])];
  }

  blocksOffPage(id) {
    return [...this.sheet.querySelectorAll(".placed")].filter(
      (placed) => placed.closest("[data-page]").dataset.page !== id,
    );
  }

  choose(placed, { focus = false } = {}) {
    if (!placed) return;
    this.current?.removeAttribute("aria-current");
    placed.setAttribute("aria-current", "true");
    for (const link of document.querySelectorAll("[data-goes-to]")) {
      if (link.dataset.goesTo === placed.dataset.cell) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    if (!focus) return;
    placed.focus({ preventScroll: true });
    placed.scrollIntoView({ block: "nearest" });
  }

  showAs(device) {
    this.sheet.parentElement.dataset.device = device;
    for (const button of document.querySelectorAll("button[data-device]")) {
      button.setAttribute("aria-pressed", String(button.dataset.device === device));
    }
  }

  /** A tab that is renamed, a block or a border that is dragged: nothing is drawn again under the hand. */
  get #isInHand() {
    return Boolean(document.querySelector("#tab-name:not([hidden]), body[data-dragging], .divider[data-dragging]"));
  }

  /** The hand let go: what came meanwhile is drawn. */
  settle() {
    if (this.#waiting) this.takeOver(this.#waiting);
  }

  /** Put a new drawing in place: what did not change is moved over, so that no chart loads again. */
  takeOver(html) {
    this.#waiting = this.#isInHand ? html : null;
    if (this.#waiting) return;
    const old = this.sheet;
    const next = parse(html);
    const current = this.current?.dataset.cell;
    const focus = placeOfFocus(old);
    old.after(next);
    for (const placed of next.querySelectorAll(".placed")) {
      const before = old.querySelector(`.placed[data-cell="${CSS.escape(placed.dataset.cell)}"]`);
      const field = before?.querySelector("[data-input]");
      if (!before || (field ? !isAtWork(field) : before.dataset.mark !== placed.dataset.mark)) continue;
      const [kept, place] = [before, placed].map((one) => one.querySelector(":scope > .placed-content"));
      if ("moveBefore" in placed) placed.moveBefore(kept, place);
      else placed.insertBefore(kept, place);
      place.remove();
    }
    old.remove();
    for (const range of next.querySelectorAll("[data-input] input[type=range]")) showRange(range);
    this.choose(this.get(current));
    this.builder.tabs.settle(); // What is on a page that is not seen can't have the focus.
    focus();
    next.dispatchEvent(new CustomEvent("fragment", { bubbles: true, detail: { id: "sheet-body", sequence: null } }));
  }

  #chosenBy(target) {
    const placed = target.closest?.(".placed");
    if (placed && placed !== this.current) this.choose(placed);
  }
}

/** Where the focus is, in words that outlive the elements: in which block, on which of its controls. */
function placeOfFocus(sheet) {
  const active = document.activeElement;
  if (!sheet.contains(active)) return () => {};
  const { id } = active;
  const block = active.closest(".placed")?.id;
  const row = active.dataset.grip === "row" ? active.closest(".row").querySelector(".placed")?.id : null;
  const place = block ? [...document.getElementById(block).querySelectorAll("button, [tabindex]")].indexOf(active) : -1;
  const left = active.dataset.left;
  const same = ["data-builder", "popovertarget"]
    .filter((name) => active.hasAttribute(name))
    .map((name) => `[${name}="${active.getAttribute(name)}"]`)[0];
  const nth = same && !block ? [...sheet.querySelectorAll(same)].indexOf(active) : -1;
  return () => {
    const inBlock = block && document.getElementById(block);
    const target =
      (id && document.getElementById(id)) ||
      (left && document.querySelector(`.divider[data-left="${CSS.escape(left)}"]`)) ||
      (row && document.getElementById(row)?.closest(".row").querySelector('[data-grip="row"]')) ||
      (nth >= 0 && document.getElementById("sheet-body").querySelectorAll(same)[nth]) ||
      (inBlock && (inBlock.querySelectorAll("button, [tabindex]")[place] ?? inBlock));
    target?.focus({ preventScroll: true });
  };
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}
