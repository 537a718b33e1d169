// Version control: choose, compare, name, revert with undo.

import { csrfToken } from "./csrf.js";
import { notify } from "./notice.js";

class VersionControl extends HTMLElement {
  connectedCallback() {
    this.dialog = this.closest("dialog");
    this.state = { show: "compare" };
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("change", (event) => this.#changed(event));
    this.addEventListener("submit", (event) => this.#save(event));
    this.dialog.addEventListener("close", () => this.dialog.remove());
  }

  #clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.hasAttribute("data-close")) this.dialog.close();
    if (button.dataset.version) {
      for (const item of this.querySelectorAll(".line-up > li")) item.removeAttribute("aria-current");
      button.closest("li").setAttribute("aria-current", "true");
      this.#show({ to: button.dataset.version });
    }
    if (button.dataset.show) this.#show({ show: button.dataset.show });
    if (button.dataset.revert) this.#revert(button.dataset.revert);
  }

  #changed(event) {
    if (event.target.matches("[data-from]")) this.#show({ from: event.target.value });
    if (event.target.matches("[data-to]")) this.#show({ to: event.target.value });
  }

  async #show(change) {
    Object.assign(this.state, change);
    const query = new URLSearchParams({ notebook: this.dataset.notebook, ...this.state });
    const response = await fetch(`${this.dataset.address}view/?${query}`);
    if (!response.ok) return notify({ tone: "failed", text: "That version could not be read." });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    this.querySelector("#version-view").replaceWith(page.querySelector("#version-view"));
  }

  async #revert(number) {
    const answer = await this.#post(`${number}/revert/`, {});
    if (!answer) return;
    this.dialog.close();
    notify({
      text: answer.sentence,
      actions: [{ label: "Undo", act: () => this.#post(`${answer.undo}/revert/`, {}) }],
    });
  }

  async #save(event) {
    event.preventDefault();
    const number = event.target.dataset.name;
    const answer = await this.#post(number ? `${number}/name/` : "save/", { name: event.target.elements.name.value });
    if (!answer) return;
    notify({ text: answer.sentence });
    if (number) await this.#show({ to: number });
    const response = await fetch(`${this.dataset.address}?notebook=${this.dataset.notebook}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    this.querySelector(".version-list").replaceWith(page.querySelector(".version-list"));
  }

  async #post(path, fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries({ notebook: this.dataset.notebook, ...fields })) body.set(name, value);
    const response = await fetch(this.dataset.address + path, {
      method: "POST",
      body,
      headers: { "X-CSRFToken": csrfToken() },
    });
    const answer = await response.json();
    if (response.ok) return answer;
    notify({ tone: "failed", text: answer.sentence });
    return null;
  }
}

customElements.define("version-control", VersionControl);
