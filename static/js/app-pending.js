// Apps that run when Run is pressed: changes wait, are seen, and can be applied together or discarded.

import { apply } from "./stream.js";

export class PendingChanges {
  #app;
  #values = new Map();
  #drawn = new Map(); // input -> the field as the server drew it last

  constructor(app) {
    this.#app = app;
    for (const field of app.querySelectorAll("[data-input]")) this.#drawn.set(field.dataset.input, field.outerHTML);
    for (const button of document.querySelectorAll("[data-discard]"))
      button.addEventListener("click", () => this.discard());
  }

  get size() {
    return this.#values.size;
  }

  has(name) {
    return this.#values.has(name);
  }

  add(name, value) {
    this.#values.set(name, value);
    this.#fieldOf(name)?.toggleAttribute("data-pending", true);
    this.#show();
  }

  /** The server drew an input anew: that is what discarding brings back. */
  told({ input, html }) {
    this.#drawn.set(input, html);
  }

  /** The values that waited, which are on their way now. */
  take() {
    const values = Object.fromEntries(this.#values);
    for (const name of this.#values.keys()) this.#fieldOf(name)?.removeAttribute("data-pending");
    this.#values.clear();
    this.#show();
    return values;
  }

  /** Back to what the results were made with. */
  discard() {
    const names = Object.keys(this.take());
    for (const name of names) apply({ id: `field-${name}`, html: this.#drawn.get(name) });
    const first = names.length && this.#fieldOf(names[0]);
    if (first) first.querySelector("input, select, textarea, button")?.focus({ preventScroll: true });
  }

  #fieldOf(name) {
    return this.#app.querySelector(`[data-input="${CSS.escape(name)}"]`);
  }

  #show() {
    const count = this.size;
    const inputs = `${count} changed ${count === 1 ? "input" : "inputs"}`;
    const run = document.getElementById("run");
    run?.classList.toggle("live", count > 0);
    const words = run?.querySelector(".words");
    if (words) words.textContent = count ? `Run with ${inputs}` : "Run";
    for (const button of document.querySelectorAll("[data-discard]")) {
      button.hidden = !count;
      button.title = `Discard what was changed: ${inputs}`;
    }
  }
}
