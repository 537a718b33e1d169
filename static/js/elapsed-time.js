// <elapsed-time since="…">: seconds since then, counted on.

class ElapsedTime extends HTMLElement {
  #timer = 0;
  #since = Date.now();

  /** Milliseconds since 1970; a page that knows better than the attribute says it here. */
  get since() {
    return this.#since;
  }

  set since(moment) {
    this.#since = moment;
    this.#show();
  }

  connectedCallback() {
    this.#since = this.getAttribute("since") ? Date.parse(this.getAttribute("since")) : Date.now();
    this.#timer = setInterval(() => this.#show(), 100);
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #show() {
    const seconds = Math.max(0, (Date.now() - this.#since) / 1000);
    this.textContent = seconds < 10 ? `, ${seconds.toFixed(1)} s` : `, ${Math.round(seconds)} s`;
  }
}

customElements.define("elapsed-time", ElapsedTime);
