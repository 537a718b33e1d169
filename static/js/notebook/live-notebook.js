// The notebook page: brings cells, edits, the session's news and the keys together.

import { openDialogue } from "../dialogue.js";
import { followInputs } from "../inputs.js";
import { InputNews, sayProblem } from "../inputs/news.js";
import { notify } from "../notice.js";
import { sayWhenAway } from "../reconnecting.js";
import { LiveSocket } from "../socket.js";
import { apply } from "../stream.js";
import { Actions } from "./actions.js";
import { CellList } from "./cell-list.js";
import { Completions } from "./completions.js";
import { settleConflict } from "./conflict.js";
import { Edits } from "./edits.js";
import { Keys } from "./keys.js";
import { Nearby } from "./nearby.js";
import { followNotebooks } from "./notebooks.js";
import { followPointer } from "./pointer.js";
import { Selection } from "./selection.js";
import { SettingsPanel } from "./settings-panel.js";

class LiveNotebook extends HTMLElement {
  #sequence = 0;
  /** Somebody moved an input, or its settings were edited: the server draws it with its new value. */
  news = new InputNews((field) => this.look([this.list.of(field).id]));
  #looking = false;
  #busySince = null;

  connectedCallback() {
    this.mayEdit = this.hasAttribute("data-edits");
    this.mayRun = this.hasAttribute("data-runs");
    this.editorAddress = this.dataset.editor;
    this.isSettling = false;
    this.#sequence = Number(this.dataset.sequence);
    this.edits = new Edits(this.dataset.cells);
    this.edits.revision = Number(this.dataset.revision);
    this.list = new CellList(this.querySelector("#cell-list"), this);
    this.selection = new Selection(this.list);
    this.actions = new Actions(this);
    this.panel = new SettingsPanel(this);
    this.#connect();
    this.completions = new Completions(this.socket);
    this.keys = new Keys(this);
    this.#followEdits();
    followInputs(this);
    this.news.begin(this);
    followPointer(this);
    followNotebooks(this);
    this.nearby = new Nearby(this);
    this.#showSaved("saved");
    this.#showRun(this.querySelector("#run-line").dataset.busy === "true");
    addEventListener("hashchange", () => this.#goToHash());
    if (!this.#goToHash()) this.selection.choose(this.list.all[0]);
  }

  disconnectedCallback() {
    this.socket.close();
    this.nearby.disconnect();
  }

  /** The cell that the address names: from the contents, the palette, a link. */
  #goToHash() {
    const cell = this.list.of(document.getElementById(location.hash.slice(1)));
    this.selection.choose(cell, { focus: true });
    return Boolean(cell);
  }

  // ---- The session

  #connect() {
    this.socket = new LiveSocket(() => `/ws/draft/${this.dataset.draft}/`);
    this.socket.addEventListener("open", () => {
      this.socket.send({ type: "hello", sequence: this.#sequence });
      this.look();
    });
    sayWhenAway(this.socket, "What you type is kept and saved as soon as the connection is back.");
    this.socket.addEventListener("message", (event) => this.#received(event.detail));
  }

  #received(message) {
    switch (message.type) {
      case "fragment":
        apply(message);
        if (message.id === "run-line") this.#ranTo(message);
        break;
      case "cell":
        this.list.get(message.id)?.tell(message);
        break;
      case "input":
        // By whom is not drawn on this page.
        this.news.take(message.name, { value: message.value, options: message.options });
        break;
      case "draft":
        if (message.revision > this.edits.revision) this.look();
        document.dispatchEvent(new Event("project-moved-on"));
        break;
      case "completions":
        this.completions.received(message);
        break;
      case "published":
        if (!message.yours) notify({ tone: "live", text: `${message.by} published version ${message.version}.` });
        this.look();
        document.dispatchEvent(new Event("project-moved-on"));
        break;
      case "error":
        sayProblem(message);
        break;
      case "closed":
        notify({ tone: "failed", text: message.sentence });
        break;
    }
  }

  /** The run's line comes last of an event: everything up to its number has been heard. */
  #ranTo({ sequence, busy }) {
    this.#sequence = Math.max(this.#sequence, sequence);
    this.#showRun(busy);
  }

  #showRun(busy) {
    for (const button of document.querySelectorAll("[data-run-button]")) button.hidden = busy;
    for (const button of document.querySelectorAll("[data-stop-button]")) button.hidden = !busy;
    const line = document.getElementById("run-line");
    const clock = line.querySelector("elapsed-time");
    this.#busySince = busy ? (this.#busySince ?? clock?.since ?? Date.now()) : null;
    if (clock) clock.since = this.#busySince;
    for (const time of line.querySelectorAll("time[data-clock]")) this.#tellClock(time);
    const words = line.querySelector(".state").cloneNode(true);
    words.querySelector("elapsed-time")?.remove();
    this.#tell(busy ? "Running" : words.textContent.trim());
    const stale = Number(line.dataset.stale);
    const count = document.querySelector("[data-stale-count]");
    if (count) count.textContent = stale ? (stale === 1 ? "1 cell" : `${stale} cells`) : "None is stale";
  }

  /** What everybody is sent has the server's hour in it. */
  #tellClock(time) {
    const hour = { hour: "2-digit", minute: "2-digit", timeZone: this.dataset.timeZone };
    time.textContent = new Intl.DateTimeFormat("en-GB", hour).format(new Date(time.dateTime));
  }

  /** For screen readers: that a run began, and how it ended; not every cell of it. */
  #tell(words) {
    const place = document.getElementById("run-said");
    if (place.textContent !== words) place.textContent = words;
  }

  // ---- Edits, one's own and those of others

  #followEdits() {
    this.edits.addEventListener("answer", ({ detail }) => {
      this.#adopt(detail.answer);
      if (detail.behind) this.look();
    });
    this.edits.addEventListener("refused", ({ detail }) => this.#textRefused(detail));
    this.edits.addEventListener("state", ({ detail }) => this.#showSaved(detail.state));
  }

  /** Ask what is new; `again` names cells to be drawn whatever the page knows. */
  look(again = []) {
    if (this.#looking && !again.length) return;
    this.#looking = true;
    this.edits
      .ask(() => {
        this.#looking = false;
        return { operation: "look", known: this.list.marks, again };
      })
      .catch((refusal) => notify({ tone: "failed", text: refusal.message, keep: true }));
  }

  #adopt(answer) {
    if (!answer.order) return;
    for (const cell of this.list.adopt(answer)) this.nearby.follow(cell);
    for (const fragment of answer.fragments) {
      if (!fragment.cell) apply(fragment);
    }
    const publish = document.getElementById("publish");
    if (publish) publish.disabled = document.getElementById("publish-state").dataset.changed === "false";
    this.selection.settle();
    this.panel.edited(answer);
  }

  async #textRefused({ refusal, cell }) {
    if (refusal.status !== 409) {
      notify({ tone: "failed", text: refusal.message, keep: true });
      return;
    }
    this.isSettling = true;
    this.edits.hold(cell);
    try {
      await settleConflict(this, cell, refusal.answer);
    } finally {
      this.isSettling = false;
      this.edits.release(cell);
      this.look();
    }
  }

  #showSaved(state) {
    this.dataset.saved = String(state === "saved");
    const place = document.getElementById("save-state");
    const words = { waiting: "Not saved yet", "signed-out": "Not saved yet: you were signed out" }[state];
    if (words) {
      place.dataset.state = "stale";
      place.textContent = words;
    }
    place.hidden = !words;
    if (state === "signed-out") this.#offerSignIn();
  }

  #offerSignIn() {
    notify({
      tone: "failed",
      text: "You were signed out. What you typed is kept on this page, and saved when you have signed in again.",
      actions: [{ label: "Sign in", act: () => open("/sign-in/", "_blank") }],
      keep: true,
    });
  }

  // ---- What buttons and keys ask for

  editCurrent() {
    const cell = this.selection.current;
    cell?.edit({ at: cell.editor ? undefined : "end" });
  }

  /** Esc: out of the editor, a control or the panel, back to the cell. */
  leave(target) {
    if (target.closest("#panel")) return this.panel.close();
    const cell = this.list.of(target);
    if (cell && target !== cell.element) this.selection.choose(cell, { focus: true });
  }

  fold() {
    for (const cell of this.selection.cells) cell.element.toggleAttribute("data-folded");
  }

  openSettings() {
    this.panel.open();
  }

  /** Not after what was asked for before: stopping can't wait. */
  stop() {
    if (this.mayRun) this.socket.send({ type: "stop" });
  }

  showKeys() {
    document.getElementById("keys").showModal();
  }

  /** What is published is what was typed: it is saved first. */
  async publish() {
    const opener = document.getElementById("publish");
    if (!opener || opener.disabled) return;
    await this.edits.flush();
    if (this.isSettling) return;
    const body = new FormData();
    body.set("notebook", this.dataset.draft);
    await openDialogue(opener.dataset.address, { method: "post", opener, body });
  }

  // ---- What the editor of a cell may ask for

  commandsOf(cell) {
    const { actions, edits } = this;
    return {
      changed: (text) => {
        cell.typed(text);
        edits.typed(cell);
      },
      focused: () => this.selection.choose(cell),
      blurred: () => edits.flush(cell).then(() => cell.rest()),
      leave: () => this.selection.choose(cell, { focus: true }),
      save: () => edits.flush(),
      run: (how) => (how === "all" ? actions.do("session", "run_all") : actions.do("run", how)),
      split: () => actions.do("split"),
      moveOut: (step) => this.#moveOut(cell, step),
      complete: (code, cursor) => this.completions.ask(code, cursor),
    };
  }

  #moveOut(cell, step) {
    const next = this.list.beside(cell, step);
    if (!next) return false;
    this.selection.choose(next, { focus: true });
    if (next.kind === "code" || next.kind === "raw") next.edit({ at: step < 0 ? "end" : "start" });
    return true;
  }
}

customElements.define("live-notebook", LiveNotebook);
