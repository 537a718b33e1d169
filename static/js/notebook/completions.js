// Completion from the kernel: a question over the socket, and its answer by number.

const PATIENCE = 3_000; // ms
const ENOUGH = 12_000; // characters before the caret: a message to the server can have 64 KB

export class Completions {
  #number = 0;
  #waiting = new Map();

  constructor(socket) {
    this.socket = socket;
  }

  /**
   * @param {string} code the cell's text @param {number} caret in UTF-16 units
   * @returns {Promise<{matches: string[], start: number, end: number} | null>} null when there is nothing to say
   */
  ask(code, caret) {
    if (!this.socket.isOpen) return Promise.resolve(null);
    const request = ++this.#number;
    const from = caret > ENOUGH ? code.indexOf("\n", caret - ENOUGH) + 1 : 0;
    const asked = code.slice(from, Math.max(caret, from + ENOUGH));
    return new Promise((resolve) => {
      const give = (found) => {
        this.#waiting.delete(request);
        resolve(found);
      };
      this.#waiting.set(request, { give, from, asked });
      setTimeout(() => give(null), PATIENCE);
      this.socket.send({ type: "complete", code: asked, cursor: codePoints(asked, caret - from), request });
    });
  }

  received({ request, matches, start, end }) {
    const waiting = this.#waiting.get(request);
    if (!waiting) return;
    const { give, from, asked } = waiting;
    give({ matches, start: from + units(asked, start), end: from + units(asked, end) });
  }
}

/** Python counts characters where JavaScript counts UTF-16 units. */
export function codePoints(text, offset) {
  return [...text.slice(0, offset)].length;
}

function units(text, points) {
  return [...text].slice(0, points).join("").length;
}
