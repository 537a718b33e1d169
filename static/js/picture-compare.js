// <picture-compare>: two pictures next to each other, one over the other with a slider, or only what differs.

class PictureCompare extends HTMLElement {
  connectedCallback() {
    this.slider = this.querySelector("input[type=range]");
    this.slider.addEventListener("input", () => this.#cut());
    this.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-mode]");
      if (button) this.#show(button);
    });
    this.#cut();
  }

  #show(button) {
    this.dataset.mode = button.dataset.mode;
    for (const other of this.querySelectorAll("button[data-mode]"))
      other.setAttribute("aria-pressed", other === button);
  }

  #cut() {
    this.style.setProperty("--cut", `${this.slider.value}%`);
  }
}

customElements.define("picture-compare", PictureCompare);
