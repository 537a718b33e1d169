// One file on its way in: in pieces, so that a lost connection costs one of them, and a reload can go on.

import { csrfToken } from "./csrf.js";

const PAUSES = [500, 1000, 2000, 4000, 8000];
const REMEMBERED_FOR = 23 * 3600 * 1000; // A little less than the server keeps it.

/** The server refused; `taken` says that there is a file of that name. */
export class Refused extends Error {
  constructor(sentence, { taken = false } = {}) {
    super(sentence);
    this.taken = taken;
  }
}

export class Upload extends EventTarget {
  #request = null;
  #stopped = false;
  #address = null;
  #piece = 1;

  /**
   * @param {File} file
   * @param {{begin: string, folder: string, replace?: boolean}} where address that begins an upload, folder in the project
   * Dispatches "progress" with `detail` {sent, waiting}: bytes that have arrived, whether the connection is away.
   */
  constructor(file, where) {
    super();
    this.file = file;
    this.where = where;
  }

  /** Resolves to the server's answer, or null when it was cancelled. Rejects with Refused. */
  async send() {
    let offset = await this.#begin();
    while (offset < this.file.size && !this.#stopped)
      offset = await this.#patiently(() => this.#sendPiece(offset), offset);
    if (this.#stopped) return null;
    const answer = await this.#patiently(() => this.#ask("POST", this.#address), offset);
    this.#forget();
    return answer;
  }

  async cancel() {
    this.#stopped = true;
    this.#request?.abort();
    this.#forget();
    if (this.#address) await fetch(this.#address, { method: "DELETE", headers: { "X-CSRFToken": csrfToken() } });
  }

  async #begin() {
    const known = this.#remembered();
    if (known) {
      const response = await fetch(known.address);
      if (response.ok) {
        this.#address = known.address;
        this.#piece = known.piece;
        return (await response.json()).offset;
      }
    }
    const form = new FormData();
    form.set("folder", this.where.folder);
    form.set("name", this.file.name);
    form.set("size", String(this.file.size));
    if (this.where.replace) form.set("replace", "1");
    const answer = await this.#patiently(() => this.#ask("POST", this.where.begin, form), 0);
    this.#address = answer.address;
    this.#piece = answer.piece;
    this.#remember();
    return answer.offset;
  }

  /** The offset after one piece. A piece that arrived although its answer did not is not sent again. */
  async #sendPiece(offset) {
    const piece = this.file.slice(offset, offset + this.#piece);
    const answer = await this.#ask("PUT", `${this.#address}?offset=${offset}`, piece, offset);
    return answer.offset;
  }

  #ask(method, address, body = null, offset = 0) {
    return new Promise((resolve, reject) => {
      const request = (this.#request = new XMLHttpRequest());
      request.open(method, address);
      request.setRequestHeader("X-CSRFToken", csrfToken());
      request.responseType = "json";
      if (method === "PUT") {
        request.upload.addEventListener("progress", (event) => this.#tell(offset + event.loaded, false));
      }
      request.addEventListener("load", () => {
        const answer = request.response;
        if (request.status >= 500) reject(new TypeError("The server could not answer."));
        else if (!answer) reject(new Refused("You may not upload here any more. Reload the page."));
        else if (request.status >= 200 && request.status < 300) resolve(answer);
        else if (request.status === 409 && "offset" in answer) resolve(answer);
        else reject(new Refused(answer.sentence ?? "You may not upload here.", answer));
      });
      request.addEventListener("error", () => reject(new TypeError("The connection is away.")));
      request.addEventListener("abort", () => resolve({ offset: this.file.size }));
      request.send(body);
    });
  }

  /** Try again after a pause when the connection is away; give up when the server refuses. */
  async #patiently(attempt, offset) {
    for (let times = 0; ; times += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (error instanceof Refused || this.#stopped || times >= 60) throw error;
        this.#tell(offset, true);
        await new Promise((resolve) => setTimeout(resolve, PAUSES[Math.min(times, PAUSES.length - 1)]));
      }
    }
  }

  #tell(sent, waiting) {
    this.dispatchEvent(new CustomEvent("progress", { detail: { sent, waiting } }));
  }

  get #key() {
    const { name, size, lastModified } = this.file;
    return `upload:${this.where.begin}:${this.where.folder}:${name}:${size}:${lastModified}`;
  }

  #remember() {
    const what = { address: this.#address, piece: this.#piece, until: Date.now() + REMEMBERED_FOR };
    localStorage.setItem(this.#key, JSON.stringify(what));
  }

  #remembered() {
    const what = JSON.parse(localStorage.getItem(this.#key) ?? "null");
    return what && what.until > Date.now() ? what : null;
  }

  #forget() {
    localStorage.removeItem(this.#key);
  }
}
