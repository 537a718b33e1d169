// <schedule-form data-preview="…">: shows the fields of the chosen kind, asks for the next times while one edits, and
// puts the chosen inputs into the form's `values` as JSON.

import { complain, followInputs, valueOf } from "./inputs.js";
import { request } from "./stream.js";

const PAUSE = 150;

class ScheduleForm extends HTMLElement {
  #timer = 0;
  #values = {};

  connectedCallback() {
    this.form = this.querySelector("form");
    this.#values = JSON.parse(this.dataset.values); // Dates say their value only when somebody changes them.
    followInputs(this);
    this.addEventListener("input", () => this.#changed());
    this.addEventListener("change", () => this.#changed());
    this.addEventListener("input-changed", (event) => {
      this.#values[event.detail.name] = event.detail.value;
    });
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.#showKind();
  }

  #changed() {
    this.#showKind();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#preview(), PAUSE);
  }

  #showKind() {
    const kind = new FormData(this.form).get("every");
    for (const part of this.querySelectorAll("[data-kinds]"))
      part.hidden = !part.dataset.kinds.split(" ").includes(kind);
    const inputs = this.querySelector("[data-chosen-inputs]");
    if (inputs) inputs.hidden = this.form.elements.inputs.value !== "chosen";
  }

  async #preview() {
    const asked = new URLSearchParams();
    const wanted = ["every", "minute", "at", "weekday", "day", "cron", "time_zone"];
    for (const [name, value] of new FormData(this.form)) if (wanted.includes(name)) asked.append(name, value);
    const text = asked.toString();
    if (text === this.dataset.shown) return;
    this.dataset.shown = text;
    await request(`${this.dataset.preview}?${text}`);
  }

  #submit(event) {
    const values = {};
    if (this.form.elements.inputs?.value === "chosen") {
      for (const field of this.querySelectorAll("[data-input]")) {
        const name = field.dataset.input;
        const value = valueOf(field) ?? this.#values[name];
        if (value === undefined && field.dataset.kind === "number") {
          event.preventDefault();
          return complain(field, "That is not a number.");
        }
        if (value !== undefined) values[name] = value;
      }
    }
    this.form.elements.values.value = JSON.stringify(values);
  }
}

customElements.define("schedule-form", ScheduleForm);
