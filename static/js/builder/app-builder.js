// <app-builder>: the App view of the notebook page. Brings the stage, the edits, the session's news and the keys together.

import { openDialogue } from "../dialogue.js";
import { followInputs } from "../inputs.js";
import { InputNews, sayProblem } from "../inputs/news.js";
import { uploadTo } from "../inputs/upload.js";
import { notify } from "../notice.js";
import { newId } from "../notebook/actions.js";
import { Edits } from "../notebook/edits.js";
import { sayWhenAway } from "../reconnecting.js";
import { LiveSocket } from "../socket.js";
import { apply } from "../stream.js";
import { followBlocks } from "./blocks.js";
import { followDividers } from "./dividers.js";
import { followDrags } from "./drag.js";
import { Moving } from "./moving.js";
import { SettingsForm } from "./settings-form.js";
import { Stage } from "./stage.js";
import { Tabs } from "./tabs.js";

class AppBuilder extends HTMLElement {
  #sequence = 0;
  #news = new InputNews((_field, message) => apply(message));
  #undo = []; // operations that take edits back, as the server named them
  #last = Promise.resolve();

  connectedCallback() {
    this.mayEdit = this.hasAttribute("data-edits");
    this.mayRun = this.hasAttribute("data-runs");
    this.#sequence = Number(this.dataset.sequence);
    this.edits = new Edits(this.dataset.cells);
    this.edits.revision = Number(this.dataset.revision);
    this.stage = new Stage(this);
    this.tabs = new Tabs(this);
    this.moving = new Moving(this);
    this.settings = this.mayEdit ? new SettingsForm(this) : null;
    this.#follow();
    this.#connect();
    followInputs(this);
    this.#news.begin(this);
    followBlocks(this);
    followDividers(this);
    if (this.mayEdit) followDrags(this);
    if (matchMedia("(max-width: 75rem)").matches) this.classList.remove("panel-open");
    this.#goToHash();
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    this.socket.close();
  }

  // ---- Edits

  /** Carry out one operation after those asked for before. @returns {Promise<object|null>} null when it was refused */
  do(operation, details = {}, { takesBack = false } = {}) {
    this.#last = this.#last.then(() => this.#carryOut(operation, details, takesBack));
    return this.#last;
  }

  async #carryOut(operation, details, takesBack) {
    try {
      const answer = await this.edits.send(() => ({ operation, view: "app", ...details }));
      if (answer.undo && !takesBack) this.#undo.push(answer.undo);
      this.#showUndo();
      return answer;
    } catch (refusal) {
      if (!refusal.status) throw refusal;
      if (refusal.answer.problems) return this.settings.refused(refusal.answer.problems);
      this.refusal = refusal.message;
      if (!this.moving.isOn) notify({ tone: "failed", text: refusal.message });
      return null;
    }
  }

  async undo() {
    this.settings?.flush();
    await this.#last;
    const last = this.#undo.pop();
    if (last) await this.#takeBack(last);
    this.#showUndo();
  }

  /** Take back everything that was done since `count` edits had been. */
  async undoTo(count) {
    const done = this.#undo.splice(count);
    // An arrangement is put back whole, so the oldest of them says it all.
    const oldest = done.find(({ operation }) => operation === "put-back");
    for (const last of done.reverse()) if (last === oldest || last.operation !== "put-back") await this.#takeBack(last);
    this.#showUndo();
  }

  async #takeBack({ operation, ...details }) {
    if (this.settings) this.settings.mayReplace = operation === "settings";
    await this.do(operation, details, { takesBack: true });
    if (this.settings) this.settings.mayReplace = false;
  }

  get undoable() {
    return this.#undo.length;
  }

  look() {
    this.edits
      .ask(() => ({ operation: "look", view: "app" }))
      .catch((refusal) => notify({ tone: "failed", text: refusal.message, keep: true }));
  }

  #showUndo() {
    const button = document.querySelector('[data-builder="undo"]');
    if (button) button.disabled = !this.#undo.length;
  }

  #adopt(answer) {
    for (const fragment of answer.fragments ?? []) {
      if (fragment.id === "sheet-body") this.stage.takeOver(fragment.html);
      else if (fragment.id === "panel") this.settings?.takeOver(fragment.html);
      else apply(fragment);
    }
    const publish = document.getElementById("publish");
    if (publish) publish.disabled = document.getElementById("publish-state").dataset.changed === "false";
  }

  // ---- The session

  #connect() {
    this.socket = new LiveSocket(() => `/ws/draft/${this.dataset.draft}/`);
    this.socket.addEventListener("open", () => {
      this.socket.send({ type: "hello", view: "app", sequence: this.#sequence });
    });
    sayWhenAway(this.socket, "What you change is kept and saved as soon as the connection is back.");
    this.socket.addEventListener("message", ({ detail }) => this.#received(detail));
    this.addEventListener("input-changed", ({ detail: { name, value } }) => {
      this.#news.touched(name);
      if (this.mayRun) this.socket.send({ type: "set", values: { [name]: value }, message: crypto.randomUUID?.() });
    });
    this.addEventListener("input-file", async ({ detail: { field, name, file } }) => {
      const answer = await uploadTo(this.dataset.upload, { notebook: this.dataset.draft }, field, file);
      if (answer) this.socket.send({ type: "set", values: { [name]: answer.value }, message: crypto.randomUUID?.() });
    });
    this.addEventListener("input-pressed", ({ detail: { name } }) => {
      if (this.mayRun) this.socket.send({ type: "press", name });
    });
  }

  #received(message) {
    switch (message.type) {
      case "fragment":
        this.#fragment(message);
        break;
      case "draft":
        // One's own edits are told here too, often before their answers.
        this.#last.then(() => message.revision > this.edits.revision && this.look());
        break;
      case "published":
        notify({ tone: "live", text: `${message.by} published version ${message.version}.` });
        this.look();
        break;
      case "error":
        sayProblem(message);
        break;
      case "closed":
        notify({ tone: "failed", text: message.sentence });
        break;
    }
  }

  #fragment(message) {
    if (message.input) {
      this.#news.take(message.input, message);
      return;
    }
    apply(message);
    if (message.id !== "builder-state") return;
    // It comes last of an event: everything up to its number has been heard.
    this.#sequence = Math.max(this.#sequence, message.sequence);
    for (const button of document.querySelectorAll("[data-run-button]")) button.hidden = message.busy;
    for (const button of document.querySelectorAll("[data-stop-button]")) button.hidden = !message.busy;
    const said = document.getElementById("run-said");
    const words = message.busy ? "Running" : document.getElementById("builder-state").textContent.trim();
    if (said.textContent !== words) said.textContent = words;
  }

  // ---- What is pressed

  #follow() {
    this.edits.addEventListener("answer", ({ detail }) => {
      this.#adopt(detail.answer);
      if (detail.behind) this.look();
    });
    document.addEventListener("click", ({ target }) => this.#clicked(target));
    document.addEventListener("keydown", (event) => this.#key(event));
    addEventListener("hashchange", () => this.#goToHash());
    document.getElementById("write-text-form")?.addEventListener("submit", () => this.#addText());
  }

  #clicked(target) {
    const device = target.closest("[data-device]:is(button)");
    if (device) this.stage.showAs(device.dataset.device);
    const link = target.closest("[data-goes-to]");
    if (link) this.goTo(link.dataset.goesTo);
    const panel = target.closest("[data-panel]");
    if (panel) this.#openPanel(panel.dataset.panel);
    if (target.closest("#publish")) this.#publish();
    const button = target.closest("[data-builder]");
    if (button) this.#pressed(button);
  }

  #pressed(button) {
    const act = {
      undo: () => this.undo(),
      "run-all": () => this.socket.send({ type: "run_all" }),
      stop: () => this.socket.send({ type: "stop" }),
      "put-in": () => this.putIn(button.closest("[data-aside]").dataset.aside),
      "add-block": () => this.#offerBlocks(),
      "write-text": () => document.getElementById("write-text").showModal(),
      "close-settings": () => this.#openPanel("stage"),
    }[button.dataset.builder];
    act?.();
  }

  #key(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog:modal")) return;
    const writes = event.target.matches("input:not([type=checkbox], [type=radio], [type=range]), textarea");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !writes && this.mayEdit) {
      event.preventDefault();
      this.undo();
    }
    if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === "p") {
      event.preventDefault();
      this.#publish();
    }
  }

  async putIn(cell) {
    if (await this.do("put-in", { cell, tab: this.tabs.current })) this.goTo(cell);
  }

  goTo(cell) {
    const placed = document.getElementById(`placed-${cell}`);
    if (!placed) return;
    this.#openPanel("stage", { only: true });
    this.tabs.choose(placed.closest("[data-page]").dataset.page);
    this.stage.choose(placed, { focus: true });
  }

  #goToHash() {
    this.goTo(location.hash.replace(/^#(cell|placed)-/, ""));
  }

  /** On a narrow window one of blocks, preview and settings is shown. */
  #openPanel(name, { only = false } = {}) {
    if (!only || this.dataset.panel) this.dataset.panel = name === "stage" ? "" : name;
    if (!only) this.classList.toggle("panel-open", name === "settings");
    for (const button of this.querySelectorAll("[data-panel]")) {
      button.setAttribute("aria-expanded", String(button.dataset.panel === (this.dataset.panel || "stage")));
    }
  }

  async #publish() {
    const opener = document.getElementById("publish");
    if (!opener || opener.disabled) return;
    await this.edits.flush();
    const body = new FormData();
    body.set("notebook", this.dataset.draft);
    await openDialogue(opener.dataset.address, { method: "post", opener, body });
  }

  // ---- Adding

  #offerBlocks() {
    const dialogue = document.getElementById("add-block");
    const list = dialogue.querySelector(".add-list");
    const aside = [...this.querySelectorAll("[data-aside]")].map((item) => [
      item.dataset.aside,
      item.dataset.words,
      item.querySelector("small").textContent.trim(),
    ]);
    const elsewhere = this.stage
      .blocksOffPage(this.tabs.current)
      .map((placed) => [placed.dataset.cell, placed.dataset.words, `On ${this.tabs.titleOf(placed)}`]);
    const items = [...aside, ...elsewhere].map(([cell, words, where]) => this.#offer(dialogue, cell, words, where));
    list.replaceChildren(...items);
    if (!items.length)
      list.append(Object.assign(document.createElement("li"), { textContent: "Every block is on this page already." }));
    dialogue.showModal();
  }

  #offer(dialogue, cell, words, where) {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const name = Object.assign(document.createElement("span"), { textContent: words });
    button.append(name, Object.assign(document.createElement("span"), { className: "push", textContent: where }));
    button.addEventListener("click", () => {
      dialogue.close();
      this.putIn(cell);
    });
    item.append(button);
    return item;
  }

  async #addText() {
    const field = document.getElementById("new-text");
    const source = field.value;
    if (!source.trim()) return;
    const id = newId();
    const after = this.stage.blocksOn(this.tabs.current).at(-1)?.dataset.cell ?? null;
    if (!(await this.do("write-text", { id, source, tab: this.tabs.current, after }))) return;
    field.value = "";
    this.goTo(id);
  }
}

customElements.define("app-builder", AppBuilder);
