// <live-part id="…" data-live>: asks for its own page again while something in it goes on, and puts the new part in
// place. The server leaves `data-live` out when nothing changes any more.

import { apply } from "./stream.js";

const PAUSE = 1_500;

class LivePart extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    if (this.hasAttribute("data-live")) this.#soon();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
  }

  #soon() {
    this.#timer = setTimeout(() => this.#look(), PAUSE);
  }

  async #look() {
    // Nobody looks, or a menu, a question or a field in here is in use.
    if (document.hidden || this.querySelector(":popover-open, input:focus, select:focus")) return this.#soon();
    try {
      const response = await fetch(location.href);
      if (!response.ok || response.redirected) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const next = page.getElementById(this.id);
      if (!next || !this.isConnected) return;
      if (next.innerHTML === this.dataset.was) return this.#soon();
      const html = next.innerHTML;
      const placed = apply({ id: this.id, html: next.outerHTML });
      if (placed) placed.dataset.was = html;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // What fetch says when there is no connection.
      this.#soon();
    }
  }
}

customElements.define("live-part", LivePart);
