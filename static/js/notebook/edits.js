// The way of edits to the server: one after the other, repeated until they arrive, never lost without a word.

import { csrfToken } from "../csrf.js";

const PAUSE_AFTER_TYPING = 400; // ms
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
const LARGEST_KEPT_ALIVE = 20_000; // characters; browsers let 64 KB outlive a page

/** The server said no; `answer` is what it said. */
export class Refused extends Error {
  constructor(status, answer) {
    super(answer.sentence || "This could not be done.");
    this.status = status;
    this.answer = answer;
  }
}

/** Nothing was heard, or something that was no answer: worth trying again. */
class NotReached extends Error {}

/**
 * Says "answer" {answer, operation} for everything that was carried out, "refused" {refusal, cell} for a text that was
 * not taken, and "state" {state: "saved" | "saving" | "waiting" | "signed-out"}.
 */
export class Edits extends EventTarget {
  #queue = [];
  #typing = new Map();
  #sending = false;
  #held = new Set();
  #wake = () => {};
  #state = "saved";

  /** @param {string} address where operations are sent */
  constructor(address) {
    super();
    this.address = address;
    this.revision = 0;
    addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => document.hidden && this.flush());
    addEventListener("beforeunload", (event) => {
      this.flush();
      if (!this.#isOnItsWay) event.preventDefault();
    });
  }

  get isSaved() {
    return !this.#queue.some((job) => job.changes) && !this.#typing.size && !this.#held.size;
  }

  /** Whether all there is to save has been sent: such a request outlives the page. */
  get #isOnItsWay() {
    return !this.#held.size && !["waiting", "signed-out"].includes(this.#state) && this.#queue.length < 2;
  }

  // ---- Texts

  /** The person typed in a cell: save it when the hands rest. */
  typed(cell) {
    clearTimeout(this.#typing.get(cell));
    this.#typing.set(
      cell,
      setTimeout(() => this.#enqueueText(cell), PAUSE_AFTER_TYPING),
    );
    this.#tell();
  }

  /** Save now what was typed, in one cell or in all. @returns {Promise<void>} when it has arrived, or was refused */
  async flush(cell = null) {
    for (const one of cell ? [cell] : [...this.#typing.keys()]) {
      if (this.#typing.has(one)) this.#enqueueText(one);
    }
    const waiting = this.#queue.filter((job) => !cell || job.cell === cell).map((job) => job.done);
    await Promise.allSettled(waiting);
  }

  /** Save one's own text over the one that was in conflict. */
  overwrite(cell) {
    this.#held.delete(cell);
    return this.#enqueueText(cell, { overwrite: true });
  }

  /** A conflict is being settled: this cell's text waits. */
  hold(cell) {
    clearTimeout(this.#typing.get(cell));
    this.#typing.delete(cell);
    this.#held.add(cell);
    this.#tell();
  }

  release(cell) {
    this.#held.delete(cell);
    if (cell.isDirty) this.#enqueueText(cell);
    this.#tell();
  }

  #enqueueText(cell, extra = {}) {
    clearTimeout(this.#typing.get(cell));
    this.#typing.delete(cell);
    if (this.#held.has(cell)) return Promise.resolve();
    const waiting = this.#queue.find((job) => job.cell === cell && !job.sent);
    if (waiting) return waiting.done;
    const make = () =>
      cell.isDirty || extra.overwrite ? { operation: "write", cell: cell.id, ...textOf(cell), ...extra } : null;
    const job = this.#enqueue(make, { cell });
    job.done.catch((refusal) => this.dispatchEvent(new CustomEvent("refused", { detail: { refusal, cell } })));
    return job.done;
  }

  // ---- Everything else

  /**
   * Send an operation after all that was typed before it. `make` is asked when its turn comes, as texts saved before
   * it change what edits begin from. @param {() => object} make @returns {Promise<object>} the answer; rejects Refused
   */
  send(make) {
    for (const cell of [...this.#typing.keys()]) this.#enqueueText(cell);
    return this.#enqueue(make).done;
  }

  /** The same for a question, which changes nothing: there is nothing to lose. */
  ask(make) {
    return this.#enqueue(make, { changes: false }).done;
  }

  #enqueue(make, { cell = null, changes = true } = {}) {
    const job = { make, cell, changes, sent: false };
    job.done = new Promise((resolve, reject) => Object.assign(job, { resolve, reject }));
    this.#queue.push(job);
    this.#tell();
    this.#drain();
    return job;
  }

  async #drain() {
    if (this.#sending) return;
    this.#sending = true;
    let wait = FIRST_WAIT;
    while (this.#queue.length) {
      const job = this.#queue[0];
      try {
        await this.#carryOut(job);
        wait = FIRST_WAIT;
      } catch (error) {
        if (error instanceof NotReached) {
          this.#tell(error.message);
          await this.#pause(wait);
          wait = Math.min(wait * 2, LONGEST_WAIT);
          continue;
        }
        this.#queue.shift();
        job.reject(error);
      }
    }
    this.#sending = false;
    this.#tell();
  }

  async #carryOut(job) {
    job.sent = true;
    const operation = (job.operation ??= job.make());
    const answer = operation ? await this.#post(operation) : null;
    this.#queue.shift();
    if (answer) {
      const behind = this.revision && answer.revision > this.revision + 1;
      if (answer.revision) this.revision = Math.max(this.revision, answer.revision);
      if (job.cell && operation.operation === "write") job.cell.savedText = operation.source;
      this.dispatchEvent(new CustomEvent("answer", { detail: { answer, operation, behind } }));
    }
    job.resolve(answer);
    if (job.cell?.isDirty && !this.#typing.has(job.cell)) this.typed(job.cell);
    this.#tell();
  }

  async #post(operation) {
    let response;
    const body = JSON.stringify(operation);
    try {
      response = await fetch(this.address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
        keepalive: body.length < LARGEST_KEPT_ALIVE,
        body,
      });
    } catch {
      throw new NotReached("waiting");
    }
    if (response.redirected) throw new NotReached("signed-out");
    if (response.status >= 500 || response.status === 429) throw new NotReached("waiting");
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    if (!isJson) throw new Refused(response.status, { sentence: SENTENCES[response.status] });
    const answer = await response.json();
    if (!response.ok) throw new Refused(response.status, answer);
    return answer;
  }

  #pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tell(state) {
    const now = this.isSaved ? "saved" : (state ?? (this.#state === "saved" ? "saving" : this.#state));
    if (now === this.#state) return;
    this.#state = now;
    this.dispatchEvent(new CustomEvent("state", { detail: { state: now } }));
  }
}

const SENTENCES = {
  403: "You may not change this notebook any more. What you typed stays on this page; copy it if you need it.",
  404: "This notebook is gone, or it is not shared with you any more. What you typed stays on this page.",
  413: "That is more than can be saved at once.",
};

function textOf(cell) {
  return { source: cell.text, base: cell.base };
}
