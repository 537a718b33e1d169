// The panel at the side: the settings of the current cell, checked by the server while they are typed.

const PAUSE_AFTER_TYPING = 500; // ms

export class SettingsPanel {
  #asked = null;
  #timers = new Map();
  #bases = new Map();

  constructor(notebook) {
    this.notebook = notebook;
    notebook.selection.addEventListener("change", () => this.#follow());
    notebook.addEventListener("input", ({ target }) => this.#typed(target));
    notebook.addEventListener("change", ({ target }) => this.#changed(target));
  }

  get element() {
    return this.notebook.querySelector("#panel");
  }

  get isOpen() {
    return this.notebook.classList.contains("panel-open");
  }

  toggle() {
    if (this.isOpen && this.element.dataset.cell === this.notebook.selection.current?.id) this.close();
    else this.open();
  }

  open() {
    this.notebook.classList.add("panel-open");
    this.#expanded(true);
    return this.#load();
  }

  close() {
    this.notebook.classList.remove("panel-open");
    this.element.hidden = true;
    this.#expanded(false);
    this.notebook.selection.focus();
  }

  /** An edit was carried out: somebody else's may have changed what the panel shows. */
  edited({ fragments, removed }) {
    const shown = this.element.dataset.cell;
    if (!this.isOpen || !shown) return;
    if (removed.includes(shown)) this.#load();
    const isShown = fragments.some(({ cell }) => cell === shown);
    if (isShown && !this.element.contains(document.activeElement)) this.#load();
  }

  /** Another cell is current. Opened for an input, the panel shows each cell that is chosen after it. */
  #follow() {
    if (this.isOpen) this.#load();
  }

  async #load() {
    const cell = this.notebook.selection.current;
    this.#asked?.abort();
    if (!cell) {
      this.element.hidden = true;
      return;
    }
    const asked = (this.#asked = new AbortController());
    try {
      await this.notebook.edits.flush();
      const response = await fetch(`${this.notebook.dataset.cells}${cell.id}/settings/`, { signal: asked.signal });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (asked.signal.aborted) return;
      this.#show(page.querySelector("#panel"));
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // Away: shown when it is back.
    }
  }

  #show(next) {
    const id = this.element.contains(document.activeElement) ? document.activeElement.id : "";
    this.element.replaceWith(next);
    this.#bases.clear();
    for (const field of next.querySelectorAll("[data-setting]")) this.#bases.set(field.dataset.setting, valueOf(field));
    if (id) document.getElementById(id)?.focus();
  }

  #expanded(open) {
    for (const button of document.querySelectorAll('[data-act="settings"][aria-expanded]')) {
      button.setAttribute("aria-expanded", String(open));
    }
  }

  // ---- Changing settings

  #typed(target) {
    const field = target.closest("[data-setting]");
    if (!field || target.matches("select, [type=checkbox]")) return;
    clearTimeout(this.#timers.get(field));
    this.#timers.set(
      field,
      setTimeout(() => this.#save(field), PAUSE_AFTER_TYPING),
    );
  }

  #changed(target) {
    const field = target.closest("[data-setting]");
    const cell = this.notebook.list.get(target.closest("#panel")?.dataset.cell);
    if (!cell) return;
    if (field) this.#save(field);
    else if (target.dataset.show) this.notebook.actions.do("show", { [target.dataset.show]: target.checked }, [cell]);
    else if ("always" in target.dataset) this.notebook.actions.do("always", cell, target.checked);
  }

  async #save(field) {
    clearTimeout(this.#timers.get(field));
    const { cell } = this.element.dataset;
    const name = field.dataset.setting;
    const value = valueOf(field);
    const base = this.#bases.get(name);
    if (JSON.stringify(value) === JSON.stringify(base)) return this.#say(name, "");
    try {
      await this.notebook.edits.send(() => ({
        operation: "input",
        cell,
        settings: { [name]: value },
        base: { [name]: base },
      }));
    } catch (refusal) {
      if (!refusal.answer) throw refusal;
      await this.#refused(name, value, refusal);
      return;
    }
    this.#bases.set(name, value);
    for (const error of this.element.querySelectorAll(".error")) this.#say(error.id.slice(8, -6), "");
    // Another kind has other fields; a name stands in the help, options in the default's choices.
    if (["kind", "name", "options", "options_from", "multiline"].includes(name)) await this.#load();
  }

  async #refused(name, value, { status, message, answer }) {
    if (status === 409) {
      await this.#load();
      this.#say(name, `${answer.who} set this to “${answer.theirs}” meanwhile; you typed “${value}”.`);
      return;
    }
    const problems = answer.problems ?? [{ field: name, sentence: message }];
    for (const { field, sentence } of problems) {
      this.#say(document.getElementById(`setting-${field}-error`) ? field : name, sentence);
    }
  }

  #say(name, sentence) {
    const error = document.getElementById(`setting-${name}-error`);
    if (!error) return;
    error.querySelector("span").textContent = sentence;
    error.hidden = !sentence;
    const control = document.getElementById(`setting-${name}`);
    if (sentence) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
    const help = document.getElementById(`setting-${name}-help`)?.id;
    const describing = [help, sentence ? error.id : ""].filter(Boolean).join(" ");
    if (describing) control?.setAttribute("aria-describedby", describing);
    else control?.removeAttribute("aria-describedby");
  }
}

/** A setting as JSON. What should be a number and is none goes as it was typed: the server says what is wrong. */
function valueOf(field) {
  switch (field.dataset.type) {
    case "number":
      if (field.value.trim() === "") return null;
      return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(field.value.trim()) ? Number(field.value) : field.value;
    case "json":
      return JSON.parse(field.value);
    case "chosen":
      return [...field.querySelectorAll("input:checked")].map((box) => JSON.parse(box.value));
    case "optional":
      return field.value.trim() || null;
    default:
      return field.type === "checkbox" ? field.checked : field.value;
  }
}
