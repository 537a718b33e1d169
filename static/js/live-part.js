// <live-part id="…" data-live>: asks for its own page again while something in it goes on, and puts the new part in
// place. The server leaves `data-live` out when nothing changes any more.

import { apply } from "./stream.js";

const PAUSE = 1_500;

const shown = new Map(); // id of a part -> what it showed last

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
      // Forms carry a token that is written anew for every answer; that alone is no change.
      const html = next.innerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1");
      if (next.hasAttribute("data-live") && shown.get(this.id) === html) return this.#soon();
      shown.set(this.id, html);
      apply({ id: this.id, html: next.outerHTML });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // What fetch says when there is no connection.
      this.#soon();
    }
  }
}

customElements.define("live-part", LivePart);
