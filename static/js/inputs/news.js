// What a page hears about an input from its socket: another value, other options, what is wrong with what it sent.

import { complain, isAtWork, valueOf } from "../inputs.js";
import { notify } from "../notice.js";
import { isDrawn } from "../stream.js";

const SETTLING = 400; // ms in which the echo of one's own change arrives
const TRIES = 5; // for drawings that come by another way and may find somebody at work

/**
 * Other values of inputs, on every page that has controls. While somebody is at work in a field, or one's own change of a
 * moment ago is on its way, they wait: an echo must not take back what was done since, and what others did must not be
 * missed. A value that was refused stays, with the word about it, until the server has another one.
 */
export class InputNews {
  #show;
  #isHeld;
  #touched = new Map(); // input -> when it was moved here last
  #waiting = new Map(); // input -> timer of news that wait
  #known = new Map(); // input -> what the server was last known to have

  /**
   * @param {(field: HTMLElement, message: object) => void} show puts the news in place, or sends for a drawing
   * @param {(name: string) => boolean} isHeld whether what stands in the field is not sent yet on purpose
   */
  constructor(show, isHeld = () => false) {
    this.#show = show;
    this.#isHeld = isHeld;
  }

  /** What the server has drawn in `root`. */
  begin(root) {
    for (const field of root.querySelectorAll("[data-input]")) {
      this.#known.set(field.dataset.input, held({ value: valueOf(field), options: field.dataset.options }));
    }
  }

  /** Somebody moved the input here. */
  touched(name) {
    this.#touched.set(name, performance.now());
  }

  take(name, message, tries = 0) {
    clearTimeout(this.#waiting.get(name));
    this.#waiting.delete(name);
    const field = document.getElementById(`field-${name}`);
    if (!field || this.#isHeld(name) || isShown(field, message)) return;
    if (field.querySelector("[aria-invalid]") && this.#known.get(name) === held(message)) return;
    const sinceTouched = performance.now() - (this.#touched.get(name) ?? -SETTLING);
    if (isAtWork(field) || sinceTouched < SETTLING) {
      this.#later(name, message, tries);
      return;
    }
    this.#known.set(name, held(message));
    this.#show(field, message);
    const shown = document.getElementById(`field-${name}`);
    if (tries < TRIES && shown && saysItsValue(shown) && !isShown(shown, message))
      this.#later(name, message, tries + 1);
  }

  #later(name, message, tries) {
    this.#waiting.set(
      name,
      setTimeout(() => this.take(name, message, tries), SETTLING),
    );
  }
}

/** What an input holds, to be compared. */
function held({ value, options = "" }) {
  return JSON.stringify([value, options]);
}

/** A file's name and a button's press are in the server's drawing only. */
function saysItsValue(field) {
  return !["file", "button"].includes(field.dataset.kind);
}

/** Whether a field shows this already. */
export function isShown(field, { value, options = "", by, html }) {
  if (!saysItsValue(field)) return html !== undefined && isDrawn(field, html);
  if (JSON.stringify(valueOf(field)) !== JSON.stringify(value)) return false;
  const shownBy = field.querySelector("[data-changed-by]")?.dataset.changedBy ?? "";
  return (field.dataset.options ?? "") === options && (by === undefined || by === shownBy);
}

/** Said at the control it is about, where that is on the page. */
export function sayProblem({ sentence, input }) {
  const field = input && document.getElementById(`field-${input}`);
  if (field) complain(field, sentence.charAt(0).toUpperCase() + sentence.slice(1));
  else notify({ tone: "failed", text: sentence });
}
