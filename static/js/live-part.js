// <live-part id="…" data-project="…" data-stamp="…">: asks for its own page again whenever something of the project's runs
// changed, and puts the new part in place if its stamp is another one. A part of many projects has `data-seconds` instead:
// how long it waits until it asks again. With neither nothing changes any more.

import { LiveSocket } from "./socket.js";
import { apply } from "./stream.js";

const PAUSE = 250; // Cells of one run end close to each other.
const RETRY = 1_000;

const sockets = new Map(); // project -> the one socket of this page

class LivePart extends HTMLElement {
  #timer = 0;
  #heard = () => this.#soon(PAUSE);

  connectedCallback() {
    if (this.dataset.seconds) this.#soon(this.dataset.seconds * 1_000);
    else if (!this.dataset.project) return;
    this.socket = this.dataset.project && socketOf(this.dataset.project);
    this.socket?.addEventListener("message", this.#heard);
    this.socket?.addEventListener("open", this.#heard); // What happened while the connection was away.
    document.addEventListener("visibilitychange", this.#heard);
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#heard);
    this.socket?.removeEventListener("message", this.#heard);
    this.socket?.removeEventListener("open", this.#heard);
  }

  #soon(pause) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), pause);
  }

  async #look() {
    if (document.hidden) return; // Looked at again when somebody does.
    // A menu, a question or a field in here is in use.
    if (this.querySelector(":popover-open, input:focus, select:focus")) return this.#soon(RETRY);
    try {
      const response = await fetch(location.href);
      if (!response.ok || response.redirected) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const next = page.getElementById(this.id);
      const isNews = next && next.dataset.stamp !== this.dataset.stamp;
      if (isNews && this.isConnected) apply({ id: this.id, html: next.outerHTML });
      else if (this.dataset.seconds) this.#soon(this.dataset.seconds * 1_000);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // What fetch says when there is no connection.
      this.#soon(RETRY);
    }
  }
}

function socketOf(project) {
  if (!sockets.has(project)) sockets.set(project, new LiveSocket(() => `/ws/runs/${project}/`));
  return sockets.get(project);
}

customElements.define("live-part", LivePart);
