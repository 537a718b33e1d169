// One cell on the page: its element, its text, and its editor when there is one.

import { isAtWork } from "../inputs.js";
import { notify } from "../notice.js";
import { createEditor, loadLibrary, replaceText } from "./editor.js";
import { hand, showWhetherShown } from "./tools.js";

export class Cell {
  #cm = null;
  #mounting = null;

  /** @param {HTMLElement} element @param {object} notebook what the editor may ask of the notebook */
  constructor(element, notebook) {
    this.element = element;
    this.notebook = notebook;
    this.editor = null;
    this.text = this.savedText = this.#textOf(element);
    this.base = element.dataset.base;
    element.notebookCell = this;
  }

  get id() {
    return this.element.dataset.cell;
  }

  get kind() {
    return this.element.dataset.kind;
  }

  get mark() {
    return this.element.dataset.mark;
  }

  get runs() {
    return this.kind === "code" || this.kind === "input";
  }

  get isDirty() {
    return this.text !== this.savedText;
  }

  get isEditing() {
    return Boolean(this.editor?.hasFocus);
  }

  get source() {
    return this.element.querySelector(".cell-source");
  }

  // ---- The editor

  /** Put the editor in the place of the drawn text. Markdown gets it only while it is written. */
  async mount() {
    if (this.editor || !this.source) return this.editor;
    this.#mounting ??= this.#create().finally(() => {
      this.#mounting = null;
    });
    return this.#mounting;
  }

  async #create() {
    this.#cm = await loadLibrary(this.notebook.editorAddress);
    const source = this.source;
    if (this.editor || !source) return this.editor;
    const drawn = source.querySelector("[data-rendered]");
    drawn.hidden = true;
    this.editor = createEditor(this.#cm, {
      parent: source,
      text: this.text,
      kind: this.kind,
      label: { markdown: "Text", raw: "Raw text" }[this.kind] ?? "Code",
      readOnly: !this.notebook.mayEdit,
      commands: this.notebook.commandsOf(this),
    });
    return this.editor;
  }

  /** Write in this cell. @param {{at?: "start" | "end", x?: number, y?: number}} place of the caret */
  async edit({ at, x, y } = {}) {
    if (!this.notebook.mayEdit) return;
    if (this.kind === "input") {
      this.element.querySelector(".cell-inputs :is(input, select, textarea, button)")?.focus();
      return;
    }
    let editor;
    try {
      editor = await this.mount();
    } catch {
      notify({ tone: "failed", text: "The editor did not arrive. Try again when you are connected." });
      return;
    }
    if (!editor) return;
    if (x !== undefined) {
      const position = editor.posAtCoords({ x, y }, false);
      editor.dispatch({ selection: { anchor: position } });
    } else if (at) {
      editor.dispatch({ selection: { anchor: at === "start" ? 0 : editor.state.doc.length } });
    }
    editor.focus();
    editor.dispatch({ scrollIntoView: true });
  }

  /** Draw text again instead of its editor; code keeps the editor, so that it can be found and clicked. */
  rest() {
    // Another window in front, or a search in the text, is not the end of writing.
    if (this.kind === "markdown" && this.editor && !this.editor.dom.contains(document.activeElement)) this.#unmount();
  }

  #unmount() {
    this.editor?.destroy();
    this.editor = null;
    const drawn = this.source?.querySelector("[data-rendered]");
    if (drawn) drawn.hidden = false;
  }

  get caret() {
    return this.editor?.state.selection.main.head ?? this.text.length;
  }

  // ---- The text

  /** The person typed. */
  typed(text) {
    this.text = text;
  }

  /** Another text than the one on the screen, not typed here. */
  show(text, base) {
    this.text = this.savedText = text;
    this.base = base;
    if (this.editor) replaceText(this.#cm, this.editor, text);
    else if (this.source) this.source.dataset.source = text;
  }

  /** A text that the person chose, to be saved: as if it was typed. */
  suggest(text) {
    this.text = text;
    if (this.editor) replaceText(this.#cm, this.editor, text);
  }

  // ---- What the server says

  /** Take over a newer drawing of this cell; what is being typed stays. */
  adopt(next) {
    const text = this.#textOf(next);
    const sameKind = next.dataset.kind === this.kind;
    if (this.isDirty && text === this.savedText) this.base = next.dataset.base;
    if (!this.isDirty) this.base = next.dataset.base;
    const field = this.element.querySelector("[data-input]");
    if (sameKind && (this.editor || (field && isAtWork(field)) || this.isDirty)) {
      this.#adoptParts(next);
      if (!this.isDirty && text !== this.text) this.show(text, next.dataset.base);
      this.rest();
      return;
    }
    const wasEditing = this.isEditing;
    if (!sameKind) this.#unmount();
    if (!this.isDirty || !sameKind) this.text = this.savedText = text;
    this.base = next.dataset.base;
    this.#replace(next);
    if (wasEditing) this.edit();
  }

  /** The element as a whole gives way; selection, focus and folding move over. */
  #replace(next) {
    const old = this.element;
    const focused = old.contains(document.activeElement);
    const { id } = document.activeElement;
    for (const name of ["aria-current", "data-folded", "tabindex", "data-chosen"]) {
      if (old.hasAttribute(name)) next.setAttribute(name, old.getAttribute(name));
    }
    this.#keepNewerResult(old, next);
    const giveFocus = next.dataset.kind === old.dataset.kind ? hand(old, next) : null;
    old.replaceWith(next);
    this.element = next;
    next.notebookCell = this;
    // Somebody else moved the input whose control has the focus: it stays there.
    if (focused) ((id && document.getElementById(id)) || next).focus({ preventScroll: true });
    giveFocus?.();
    next.dispatchEvent(new CustomEvent("fragment", { bubbles: true, detail: { id: next.id } }));
  }

  #adoptParts(next) {
    const { element } = this;
    const kept = ["id", "tabindex", "data-base", "aria-current"];
    if (this.#showsNewerResult(next)) kept.push("data-state", "data-label", "aria-label");
    for (const { name, value } of next.attributes) if (!kept.includes(name)) element.setAttribute(name, value);
    const source = next.querySelector(".cell-source");
    if (source && this.source && !this.isDirty) {
      this.source.dataset.source = source.dataset.source;
      const drawn = this.source.querySelector("[data-rendered]");
      const newer = source.querySelector("[data-rendered]");
      newer.hidden = drawn.hidden;
      drawn.replaceWith(newer);
    }
    for (const old of element.querySelectorAll(".cell-notes")) old.remove();
    element.querySelector(".cell-body").append(...next.querySelectorAll(".cell-notes"));
    showWhetherShown(element);
    element.dispatchEvent(new CustomEvent("fragment", { bubbles: true, detail: { id: element.id } }));
  }

  /** Results come over the socket, in their own order: an edit's answer must not bring older ones back. */
  #keepNewerResult(old, next) {
    if (!this.#showsNewerResult(next)) return;
    next.querySelector(".cell-result").replaceWith(old.querySelector(".cell-result"));
    for (const name of ["data-state", "data-label", "aria-label"]) {
      if (old.hasAttribute(name)) next.setAttribute(name, old.getAttribute(name));
    }
  }

  #showsNewerResult(next) {
    const [before, after] = [this.element, next].map((element) => element.querySelector(".cell-result"));
    return before && after && Number(before.dataset.sequence) >= Number(after.dataset.sequence);
  }

  /** State and name as the session tells them. */
  tell({ state, label }) {
    this.element.dataset.state = state;
    this.element.dataset.label = label;
    this.name(this.element.querySelector(":scope > .gutter").textContent.trim());
  }

  /** What a screen reader calls the cell, and the number beside it. */
  name(number) {
    const { name, label = "" } = this.element.dataset;
    const numbered = this.kind === "code" && number ? `${name} ${number}` : name;
    this.element.setAttribute("aria-label", label ? `${numbered}, ${label.toLowerCase()}` : numbered);
    this.element.querySelector(":scope > .gutter").textContent = number;
  }

  destroy() {
    this.editor?.destroy();
    this.element.remove();
  }

  #textOf(element) {
    return element.querySelector(".cell-source")?.dataset.source ?? "";
  }
}
