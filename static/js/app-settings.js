// The dialogue of the app's settings.

import { notify } from "./notice.js";

class AppSettings extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.#save(event));
  }

  async #save(event) {
    event.preventDefault();
    const response = await fetch(this.dataset.address, { method: "POST", body: new FormData(event.target) });
    if (response.ok) {
      notify({ text: (await response.json()).sentence });
      this.closest("dialog").close();
      return;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const form = page.querySelector("form.app-settings");
    if (!form) {
      notify({ tone: "failed", text: "The settings could not be saved." });
      return;
    }
    event.target.replaceWith(form);
    form.querySelector("[aria-invalid]")?.focus();
  }
}

customElements.define("app-settings", AppSettings);
