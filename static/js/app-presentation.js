// Presentation mode: Ctrl/Cmd + . or the button. A title slide, then a slide for each tab; an app without tabs is one page.
// It is the same page, so session, inputs and outputs go on; inputs of other slides are in the menu below.

import { chooseTab } from "./app-tabs.js";

/** Where keys mean something else. */
const THEIRS =
  "input, select, textarea, [contenteditable], [role=tablist], .table-frame, .terminal, .code, [popover]:not(.block), dialog";
const SWIPE = 60; // px

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

class Presentation {
  #at = 0;
  #places = new Map(); // name of an input -> the comment that stands where it belongs
  #touch = null;

  constructor(controls) {
    this.controls = controls;
    this.app = document.querySelector("app-session");
    this.title = document.getElementById("title-slide");
    this.panels = [...this.app.querySelectorAll(".tab-panel")];
    document.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("fullscreenchange", () => {
      if (!document.fullscreenElement && this.isOn) this.stop();
    });
    this.app.addEventListener("touchstart", (event) => this.#touched(event), { passive: true });
    this.app.addEventListener("touchend", (event) => this.#let(event), { passive: true });
    if (isMac) document.getElementById("present")?.setAttribute("title", "Present (⌘ .)");
  }

  get isOn() {
    return document.body.classList.contains("presenting");
  }

  get slides() {
    return this.title ? [this.title, ...this.panels] : this.panels;
  }

  async start() {
    document.body.classList.add("presenting");
    this.controls.hidden = false;
    const chosen = this.panels.findIndex((panel) => !panel.hidden);
    this.#show(this.title ? 0 : chosen);
    try {
      await document.documentElement.requestFullscreen?.({ navigationUI: "hide" });
    } catch {
      // A phone, or a frame that may not: the slides fill the window.
    }
  }

  stop() {
    document.body.classList.remove("presenting");
    this.controls.hidden = true;
    if (this.title) this.title.hidden = true;
    document.getElementById("slide-inputs").hidePopover?.();
    this.#putInputsBack();
    const tab = document.querySelector(`[aria-controls="${CSS.escape(this.panels[Math.max(this.#at - 1, 0)].id)}"]`);
    chooseTab(tab);
    if (document.fullscreenElement) document.exitFullscreen();
    document.getElementById("present")?.focus();
  }

  /** Show slide number `at`, counted from 0. */
  #show(at) {
    const { slides } = this;
    this.#at = Math.max(0, Math.min(at, slides.length - 1));
    const shown = slides[this.#at];
    for (const slide of slides) slide.hidden = slide !== shown;
    this.#bringInputs(shown);
    for (const link of this.controls.querySelectorAll("[data-slide]")) {
      if (Number(link.dataset.slide) === this.#at) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    for (const button of this.controls.querySelectorAll("[data-slide-step]")) {
      button.disabled = !slides[this.#at + Number(button.dataset.slideStep)];
    }
    const words = shown.dataset.title ? `, ${shown.dataset.title}` : "";
    document.getElementById("slide-said").textContent =
      slides.length > 1 ? `${this.#at + 1} of ${slides.length}${words}` : "";
    this.app.scrollTop = 0;
    if (!this.controls.contains(document.activeElement))
      (shown.tabIndex === -1 || shown.tabIndex === 0 ? shown : document.getElementById("app")).focus({
        preventScroll: true,
      });
  }

  /** Inputs that stand on other slides are at hand below; those of this one stand in their place. */
  #bringInputs(shown) {
    this.#putInputsBack();
    const place = document.getElementById("slide-inputs");
    for (const field of this.app.querySelectorAll("[data-input]")) {
      if (shown.contains(field)) continue;
      const mark = document.createComment("");
      field.before(mark);
      this.#places.set(field.dataset.input, mark);
      move(field, place);
    }
    document.getElementById("slide-inputs-button").hidden = !this.#places.size;
  }

  #putInputsBack() {
    for (const [name, mark] of this.#places) {
      const field = document.getElementById(`field-${name}`);
      if (field) move(field, mark.parentNode, mark);
      mark.remove();
    }
    this.#places.clear();
  }

  #clicked(event) {
    const { target } = event;
    if (target.closest("[data-present]")) return this.isOn ? this.stop() : this.start();
    if (!this.isOn) return;
    const step = target.closest("[data-slide-step]");
    if (step) this.#show(this.#at + Number(step.dataset.slideStep));
    const link = target.closest("[data-slide]");
    if (link) {
      event.preventDefault();
      this.#show(Number(link.dataset.slide));
    }
  }

  #key(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (
      event.key === "." &&
      (isMac ? event.metaKey : event.ctrlKey) &&
      !event.altKey &&
      !document.querySelector("dialog:modal")
    ) {
      event.preventDefault();
      if (this.isOn) this.stop();
      else this.start();
      return;
    }
    if (!this.isOn || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (!document.querySelector(":popover-open:not([popover=manual])")) this.stop();
      return;
    }
    if (event.target.closest?.(THEIRS) || document.querySelector(".block:popover-open")) return;
    const to = {
      ArrowRight: this.#at + 1,
      PageDown: this.#at + 1,
      ArrowLeft: this.#at - 1,
      PageUp: this.#at - 1,
      Home: 0,
      End: this.slides.length - 1,
    }[event.key];
    if (to === undefined || this.slides.length === 1) return;
    event.preventDefault();
    this.#show(to);
  }

  #touched({ touches, target }) {
    const theirs = target.closest(`${THEIRS}, output-frame`);
    this.#touch = this.isOn && touches.length === 1 && !theirs ? [touches[0].clientX, touches[0].clientY] : null;
  }

  #let({ changedTouches: [touch] }) {
    if (!this.#touch) return;
    const [across, down] = [touch.clientX - this.#touch[0], touch.clientY - this.#touch[1]];
    if (Math.abs(across) > SWIPE && Math.abs(down) < SWIPE) this.#show(this.#at - Math.sign(across));
  }
}

function move(element, parent, before = null) {
  if ("moveBefore" in parent && element.isConnected) parent.moveBefore(element, before);
  else parent.insertBefore(element, before);
}

const controls = document.getElementById("slide-controls");
if (controls && document.querySelector("app-session")) new Presentation(controls);
