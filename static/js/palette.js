// Ctrl/Cmd+K: find a project, an app, a cell, or something to do. The server finds (`<body data-palette="/palette">`) and
// answers with the dialogue, or for `?q=…&scope=…` with the fragment "palette-found".

import { openDialogue } from "./dialogue.js";
import { request } from "./stream.js";

const TYPING_PAUSE = 80; // ms
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

let open = null;

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || event.shiftKey || event.altKey) return;
  if (!(isMac ? event.metaKey : event.ctrlKey) || !document.body.dataset.palette) return;
  event.preventDefault();
  openPalette();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-opens-palette]") && document.body.dataset.palette) openPalette();
});

export async function openPalette() {
  if (open) return;
  open = "coming";
  const dialogue = await openDialogue(document.body.dataset.palette, { opener: document.activeElement });
  open = dialogue && new Palette(dialogue);
  dialogue?.addEventListener("close", () => {
    open = null;
  });
}

class Palette {
  #asked = null;
  #timer = 0;

  constructor(dialogue) {
    this.dialogue = dialogue;
    this.field = dialogue.querySelector("[role=combobox]");
    this.field.addEventListener("input", () => this.#askSoon());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    dialogue.addEventListener("click", (event) => this.#click(event));
    for (const key of isMac ? dialogue.querySelectorAll("kbd[data-mac]") : []) key.textContent = key.dataset.mac;
    this.#choose(this.#options()[0]);
  }

  #options() {
    return [...this.dialogue.querySelectorAll("[role=option]")];
  }

  #chosen() {
    return this.dialogue.querySelector("[role=option][aria-selected=true]");
  }

  #choose(option) {
    this.#chosen()?.setAttribute("aria-selected", "false");
    this.field.setAttribute("aria-expanded", String(Boolean(option)));
    if (!option) {
      this.field.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", option.id);
  }

  #key(event) {
    const options = this.#options();
    const at = options.indexOf(this.#chosen());
    switch (event.key) {
      case "ArrowDown":
        this.#choose(options[(at + 1) % options.length]);
        break;
      case "ArrowUp":
        this.#choose(options.at(at <= 0 ? -1 : at - 1));
        break;
      case "Enter":
        if (at >= 0) this.#go(options[at], { newTab: isMac ? event.metaKey : event.ctrlKey });
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  #click(event) {
    const option = event.target.closest("[role=option]");
    if (option) this.#go(option, { newTab: isMac ? event.metaKey : event.ctrlKey });
    const scope = event.target.closest(".palette-scope > button");
    if (!scope) return;
    for (const other of scope.parentElement.children) other.setAttribute("aria-pressed", String(other === scope));
    this.#ask();
    this.field.focus();
  }

  #go(option, { newTab }) {
    const { address } = option.dataset;
    if (newTab) {
      window.open(address, "_blank", "noopener");
      return;
    }
    this.dialogue.close();
    if ("opensDialogue" in option.dataset) openDialogue(address);
    else location.assign(address);
  }

  #askSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), TYPING_PAUSE);
  }

  /** Only the answer to the latest question is shown. */
  async #ask() {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    const address = new URL(document.body.dataset.palette, location.href);
    address.searchParams.set("q", this.field.value);
    const scope = this.dialogue.querySelector(".palette-scope > [aria-pressed=true]");
    if (scope?.value) address.searchParams.set("scope", scope.value);
    try {
      await request(address, { signal: asked.signal });
    } catch (error) {
      if (error.name !== "AbortError") throw error;
      return;
    }
    this.#choose(this.#options()[0]);
  }
}
