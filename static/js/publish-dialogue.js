// The publish dialogue: follows its run, and publishes exactly what was previewed.

import { csrfToken } from "./csrf.js";
import { showRange } from "./inputs.js";
import { notify } from "./notice.js";
import { LiveSocket } from "./socket.js";
import { apply } from "./stream.js";

class PublishDialogue extends HTMLElement {
  #socket = null;
  #sequence = 0;
  #done = false;
  #isReplaced = false;

  connectedCallback() {
    this.dialog = this.closest("dialog");
    this.#sequence = Number(this.dataset.sequence);
    for (const range of this.querySelectorAll("input[type=range]")) showRange(range);
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("submit", (event) => this.#keepName(event));
    this.dialog.addEventListener("close", () => this.#closed());
    if (this.dialog.dataset.state === "running") this.#follow();
    document.addEventListener("project-moved-on", this.#lookAgain);
  }

  disconnectedCallback() {
    this.#socket?.close();
    document.removeEventListener("project-moved-on", this.#lookAgain);
  }

  /** Somebody edited the draft or published: is what was previewed still what there is to publish? */
  #lookAgain = async () => {
    const response = await fetch(`${this.dataset.address}said/?replaces=${this.dataset.replaces}`);
    if (response.ok) apply({ type: "fragment", id: "publish-said", html: await response.text(), sequence: null });
  };

  #follow() {
    this.#socket = new LiveSocket(() => `/ws/run/${this.dataset.project}/${this.dataset.run}/`);
    this.#socket.addEventListener("open", () => this.#socket.send({ type: "hello", sequence: this.#sequence }));
    this.#socket.addEventListener("message", (event) => {
      const message = event.detail;
      if (message.type !== "fragment") return;
      apply(message);
      // It comes last of an event: everything up to its number has been heard.
      if (message.id === "run-progress") this.#sequence = Math.max(this.#sequence, message.sequence);
      if (message.finished && this.dialog.dataset.state !== "done") this.#ended();
    });
  }

  async #ended() {
    this.dialog.dataset.state = "done";
    const response = await fetch(`${this.dataset.address}changes/`);
    if (response.ok) apply({ type: "fragment", id: "changes", html: await response.text(), sequence: null });
  }

  #clicked(event) {
    const side = event.target.closest(".publish-switch a");
    if (side) {
      event.preventDefault();
      this.#show(side);
    }
    if (event.target.closest("[data-close]")) this.dialog.close();
    if (event.target.closest("[data-again]")) this.#again();
    if (event.target.closest("[data-publish]")) this.#publish(event.target.closest("[data-publish]"));
  }

  /** On a small screen the preview and the changes take turns. */
  #show(side) {
    for (const other of side.parentElement.children) other.removeAttribute("aria-current");
    side.setAttribute("aria-current", "true");
    this.dialog.dataset.shown = side.hash.slice(1);
  }

  async #publish(button) {
    if (this.#isReplaced) return;
    button.disabled = true;
    const response = await this.#post("publish/", { replaces: Number(this.dataset.replaces) || null });
    const answer = await response.json();
    button.disabled = false;
    if (!response.ok) {
      this.querySelector("#publish-said").textContent = answer.sentence;
      if (response.status === 409) await this.#lookAgain();
      return;
    }
    this.#done = true;
    this.dialog.close();
    document.dispatchEvent(new CustomEvent("published", { detail: answer }));
    notify({
      text: answer.sentence,
      actions: [{ label: "Open the app", act: () => window.open(answer.app, "_blank") }],
    });
  }

  #again() {
    const form = new FormData();
    form.set("notebook", this.dataset.notebook);
    return this.#next(this.dataset.previewAgain, form);
  }

  /** An earlier name for an input: the draft gets it, and the preview begins again with it. */
  #keepName(event) {
    if (!event.target.matches("[data-keep-name]")) return;
    event.preventDefault();
    this.#next(`${this.dataset.address}keep-name/`, new FormData(event.target));
  }

  /** The dialogue of another preview takes the place of this one, which from now on publishes nothing. */
  async #next(address, body) {
    if (this.#isReplaced) return;
    this.#isReplaced = true;
    this.#allow(false);
    const response = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
    if (!response.ok) {
      this.#isReplaced = false;
      this.#allow(true);
      const isSentence = response.headers.get("Content-Type")?.startsWith("application/json");
      this.querySelector("#publish-said").textContent = isSentence
        ? (await response.json()).sentence
        : "The preview could not be begun again. Try once more.";
      return;
    }
    const next = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("dialog");
    this.#done = true;
    this.dialog.replaceWith(next);
    next.showModal();
  }

  #allow(allowed) {
    for (const button of this.querySelectorAll("[data-publish], [data-again]")) button.disabled = !allowed;
  }

  #closed() {
    this.#socket?.close();
    if (!this.#done) this.#post("cancel/", {});
    this.dialog.remove();
  }

  #post(path, body) {
    return fetch(this.dataset.address + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify(body),
      keepalive: true,
    });
  }
}

customElements.define("publish-dialogue", PublishDialogue);
