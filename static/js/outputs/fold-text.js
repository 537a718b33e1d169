// <fold-text data-long>: a long text is folded until its button is pressed.

class FoldText extends HTMLElement {
  connectedCallback() {
    this.querySelector("button[data-more]")?.addEventListener("click", (event) => this.#toggle(event.currentTarget));
  }

  #toggle(button) {
    const open = this.toggleAttribute("data-open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? button.dataset.less : button.dataset.more;
    if (!open) this.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("fold-text", FoldText);
