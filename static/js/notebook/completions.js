// Completion from the kernel: a question over the socket, and its answer by number.

const PATIENCE = 3_000; // ms

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
    return new Promise((resolve) => {
      const give = (found) => {
        this.#waiting.delete(request);
        resolve(found);
      };
      this.#waiting.set(request, { give, code });
      setTimeout(() => give(null), PATIENCE);
      this.socket.send({ type: "complete", code, cursor: codePoints(code, caret), request });
    });
  }

  received({ request, matches, start, end }) {
    const asked = this.#waiting.get(request);
    asked?.give({ matches, start: units(asked.code, start), end: units(asked.code, end) });
  }
}

/** Python counts characters where JavaScript counts UTF-16 units. */
export function codePoints(text, offset) {
  return [...text.slice(0, offset)].length;
}

function units(text, points) {
  return [...text].slice(0, points).join("").length;
}
