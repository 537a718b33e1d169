// The Share dialogue: finds people as you type, sends small forms at once, copies links.

import { notify } from "./notice.js";

const PAUSE = 150;

class ShareDialogue extends HTMLElement {
  #timer = 0;
  #asked = 0;

  connectedCallback() {
    this.addEventListener("input", (event) => event.target.matches("[role=combobox]") && this.#typed(event.target));
    this.addEventListener("keydown", (event) => event.target.matches("[role=combobox]") && this.#key(event));
    this.addEventListener("focusout", (event) => !this.#list?.contains(event.relatedTarget) && this.#close());
    this.addEventListener(
      "change",
      (event) => event.target.form?.matches("[data-at-once]") && event.target.form.requestSubmit(),
    );
    this.addEventListener("pointerdown", (event) => event.target.closest("[role=option]") && event.preventDefault());
    this.addEventListener("click", (event) => this.#clicked(event));
  }

  get #list() {
    return this.querySelector("[role=listbox]");
  }

  get #field() {
    return this.querySelector("[role=combobox]");
  }

  #clicked(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.#choose(option);
    const copy = event.target.closest("[data-copy]");
    if (copy) this.#copy(copy.dataset);
  }

  #typed(field) {
    this.querySelector("[data-who]").value = "";
    clearTimeout(this.#timer);
    const text = field.value.trim();
    if (text) this.#timer = setTimeout(() => this.#find(text), PAUSE);
    else this.#close();
  }

  async #find(text) {
    const asked = (this.#asked += 1);
    const response = await fetch(`${this.dataset.find}?${new URLSearchParams({ q: text })}`);
    if (!response.ok || asked !== this.#asked) return;
    const { found } = await response.json();
    this.#list.replaceChildren(...found.map(option));
    const any = found.length > 0 && this.contains(document.activeElement);
    this.#list.hidden = !any;
    this.#field.ariaExpanded = String(any);
    this.#field.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    const options = [...(this.#list?.children ?? [])];
    const at = options.findIndex((one) => one.ariaSelected === "true");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (this.#list.hidden) return;
    if (step) {
      event.preventDefault();
      const next = options.at((at + step + (at < 0 && step < 0 ? 1 : 0)) % options.length);
      for (const one of options) one.ariaSelected = String(one === next);
      this.#field.setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    }
    if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      this.#choose(options[at]);
    }
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#close();
    }
  }

  #choose(chosen) {
    this.#field.value = chosen.dataset.name;
    this.querySelector("[data-who]").value = chosen.dataset.who;
    this.#close();
    this.#field.focus();
  }

  #close() {
    this.#asked += 1;
    if (!this.#list) return;
    this.#list.hidden = true;
    this.#field.ariaExpanded = "false";
    this.#field.removeAttribute("aria-activedescendant");
  }

  async #copy({ copy, copied }) {
    await navigator.clipboard.writeText(copy);
    notify({ text: copied });
  }
}

function option(found, place) {
  const item = document.createElement("li");
  item.role = "option";
  item.id = `share-option-${place}`;
  item.ariaSelected = "false";
  item.dataset.who = found.who;
  item.dataset.name = found.name;
  const name = document.createElement("strong");
  name.textContent = found.name;
  const detail = document.createElement("small");
  detail.textContent = found.has ? `${found.detail} · has ${found.has}` : found.detail;
  item.append(name, detail);
  return item;
}

customElements.define("share-dialogue", ShareDialogue);
