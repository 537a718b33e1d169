// <output-frame data-src>: an output with scripts, in a frame with an opaque origin (specs/security T3, T5, T6).
// The frame may say one thing: how high it is. While a new output loads, the old one stays in place.

const LEAST = 40;
const MOST = 20_000;
const PATIENCE = 5000; // ms after loading: an output that never says its height is shown all the same
const REMEMBERED = 200;

const frames = new Set();
const heights = new Map(); // by address, so that the page doesn't jump when an output comes back

addEventListener("message", (event) => {
  for (const element of frames) element.hear(event);
});
document.addEventListener("theme", () => frames.forEach((element) => element.load()));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
  frames.forEach((element) => element.load()),
);

/** The height in a message, or null for anything that is not exactly `{h: number}`. */
export function heightIn(data) {
  if (typeof data !== "object" || data === null || Object.keys(data).length !== 1) return null;
  if (typeof data.h !== "number" || !Number.isFinite(data.h)) return null;
  return Math.min(Math.max(Math.ceil(data.h), LEAST), MOST);
}

export class OutputFrame extends HTMLElement {
  #shown = null;
  #coming = null;
  #timer = 0;

  connectedCallback() {
    frames.add(this);
    if (!this.#shown) this.load();
  }

  disconnectedCallback() {
    frames.delete(this);
    clearTimeout(this.#timer);
    this.#shown?.remove();
    this.#coming?.remove();
    this.#shown = this.#coming = null;
  }

  /** Moved within the page (`moveBefore`): the frame lives on. */
  connectedMoveCallback() {}

  /** How high it is now, for whoever comes to its place. */
  get height() {
    return this.#shown?.offsetHeight || Number(this.dataset.height) || 0;
  }

  /** Show what another element was to show: the present output stays until the new one is drawn. */
  become(other) {
    const changed = other.dataset.src !== this.dataset.src;
    for (const name of ["src", "key", "title", "height"]) {
      if (other.dataset[name] === undefined) delete this.dataset[name];
      else this.dataset[name] = other.dataset[name];
    }
    if (changed) this.load();
  }

  load() {
    clearTimeout(this.#timer);
    this.#coming?.remove();
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.referrerPolicy = "no-referrer";
    frame.allow = "";
    frame.title = this.dataset.title || "Output";
    const height = heights.get(this.dataset.src) || Number(this.dataset.height) || this.height;
    if (height) frame.style.blockSize = `${Math.min(Math.max(height, LEAST), MOST)}px`;
    frame.src = `${this.dataset.src}?theme=${themeOf(this)}`;
    frame.addEventListener("load", () => {
      this.#timer = setTimeout(() => this.#settle(), PATIENCE);
    });
    this.#coming = frame;
    if (this.#shown || this.querySelector("img")) frame.className = "coming";
    else frame.loading = "lazy";
    this.append(frame);
  }

  /** A message to the window; only what comes from this element's own frames counts. */
  hear(event) {
    const frame = [this.#coming, this.#shown].find((one) => one && one.contentWindow === event.source);
    if (!frame || event.origin !== "null") return;
    const height = heightIn(event.data);
    if (height === null) return;
    frame.style.blockSize = `${height}px`;
    if (frame === this.#shown && this.#coming) return; // the old one, still moving
    heights.delete(this.dataset.src);
    heights.set(this.dataset.src, height);
    if (heights.size > REMEMBERED) heights.delete(heights.keys().next().value);
    if (frame === this.#coming) this.#settle();
  }

  /** The new output takes the place of the old one, or of the picture that stood for it. */
  #settle() {
    clearTimeout(this.#timer);
    if (!this.#coming) return;
    this.#shown?.remove();
    this.querySelector(":scope > img")?.remove();
    this.#shown = this.#coming;
    this.#coming = null;
    this.#shown.className = "";
    this.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }
}

function themeOf(element) {
  const chosen = element.closest("[data-theme]")?.dataset.theme;
  if (chosen) return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

customElements.define("output-frame", OutputFrame);
