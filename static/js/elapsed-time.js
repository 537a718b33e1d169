// <elapsed-time since="…">: seconds since then, counted on.

class ElapsedTime extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.since = this.getAttribute("since") ? Date.parse(this.getAttribute("since")) : Date.now();
    this.#timer = setInterval(() => this.#show(), 100);
    this.#show();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #show() {
    const seconds = Math.max(0, (Date.now() - this.since) / 1000);
    this.textContent = seconds < 10 ? `, ${seconds.toFixed(1)} s` : `, ${Math.round(seconds)} s`;
  }
}

customElements.define("elapsed-time", ElapsedTime);
