// <failure-trace>: the short traceback, the whole one on demand, and a button that copies it.
import { copyText } from "./copy-text.js";

class FailureTrace extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-action]");
      if (button?.dataset.action === "all") this.#toggle(button);
      if (button?.dataset.action === "copy") copyText(this.querySelector("[data-whole]").textContent, button);
    });
  }

  #toggle(button) {
    const whole = this.querySelector("[data-whole]");
    whole.hidden = !whole.hidden;
    this.querySelector("[data-short]").hidden = !whole.hidden;
    button.setAttribute("aria-expanded", String(!whole.hidden));
    button.textContent = whole.hidden ? button.dataset.more : button.dataset.less;
  }
}

customElements.define("failure-trace", FailureTrace);
