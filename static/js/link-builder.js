// <link-builder data-address>: the inputs that are ticked go to the server, which answers with the link and its meaning.

import { csrfToken } from "./csrf.js";
import { complain, followInputs, valueOf } from "./inputs.js";
import { notify } from "./notice.js";

class LinkBuilder extends HTMLElement {
  #asked = null;

  connectedCallback() {
    this.place = this.querySelector("#build-address");
    followInputs(this);
    this.addEventListener("input-changed", ({ detail: { field } }) => {
      field.closest(".build-input").querySelector("[data-sets]").checked = true;
      this.#ask();
    });
    this.addEventListener("change", ({ target }) => {
      if (target.matches("[data-sets], [data-run-on-open]")) this.#ask();
    });
    this.addEventListener("click", ({ target }) => {
      if (target.closest("[data-copy-built]")) this.#copy();
    });
  }

  get #chosen() {
    const values = {};
    for (const box of this.querySelectorAll("[data-sets]:checked")) {
      const value = valueOf(box.closest(".build-input").querySelector("[data-input]"));
      if (value !== undefined) values[box.dataset.sets] = value;
    }
    return values;
  }

  async #ask() {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    const body = JSON.stringify({ values: this.#chosen, run: this.querySelector("[data-run-on-open]").checked });
    try {
      const response = await fetch(this.dataset.address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        body,
        signal: asked.signal,
      });
      const answer = await response.json();
      if (response.ok) this.#show(answer);
      else notify({ tone: "failed", text: answer.sentence });
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error;
    }
  }

  #show({ link, sets, run, short, ignored }) {
    this.place.value = link;
    const words = sets.map(([title, value]) => `${title}: ${value}`).join("; ");
    const what = words ? `Sets ${words}.` : "Opens the app with its defaults.";
    const kept = short ? " The values are kept here, because they are too long for an address." : "";
    this.querySelector("#build-sets").textContent = `${what}${run ? " Runs when it is opened." : ""}${kept}`;
    for (const field of this.querySelectorAll("[data-input]")) {
      const sentence = ignored[field.dataset.input];
      complain(field, sentence ? `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.` : "");
    }
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.place.value);
      notify({ text: "Copied the link." });
    } catch {
      this.place.select();
      notify({
        tone: "failed",
        text: "The browser does not allow copying here. The address is selected: press Ctrl+C.",
      });
    }
  }
}

customElements.define("link-builder", LinkBuilder);
