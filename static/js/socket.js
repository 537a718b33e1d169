// A WebSocket that comes back: grows its pauses, says when it is away, and repeats what was not heard.

import { notify } from "./notice.js";

const FULL = 4429; // more windows than there may be; what is said comes with the close
const SLOWEST = 10_000;

/**
 * Messages given to `send` while the connection is away are sent when it is back. One with an id (`message`) is sent again
 * until the server says that it heard it, because a connection may be dead for a while before anybody notices; the server
 * applies each once.
 */
export class LiveSocket extends EventTarget {
  #address;
  #socket = null;
  #waiting = [];
  #unheard = new Map();
  #pause = 250;
  #closed = false;
  #timer = 0;

  /** @param {() => string} address the path of the socket, asked again at every connection */
  constructor(address) {
    super();
    this.#address = address;
    addEventListener("online", () => this.#soon(0));
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Whether something was said that the server has not heard yet. */
  get isSaying() {
    return this.#unheard.size > 0;
  }

  send(message) {
    if (message.message) this.#unheard.set(message.message, message);
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
    else if (!message.message) this.#waiting.push(message);
  }

  /** Without waiting for the end of the pause. */
  tryNow() {
    this.#soon(0);
  }

  /** Come in again, because the address is another one now. */
  reconnect() {
    this.#pause = 0;
    this.#socket?.close();
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.#socket = new WebSocket(`${scheme}//${location.host}${this.#address()}`));
    socket.addEventListener("open", () => {
      this.#pause = 250;
      this.dispatchEvent(new Event("open"));
      const waiting = this.#waiting.splice(0);
      for (const message of [...this.#unheard.values(), ...waiting]) this.send(message);
    });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "heard") this.#unheard.delete(message.message);
      else this.dispatchEvent(new CustomEvent("message", { detail: message }));
    });
    socket.addEventListener("close", (event) => {
      // These say that this person may not be here, or is signed out; trying again would not help.
      if (this.#closed || [4401, 4403, 4404].includes(event.code)) {
        this.dispatchEvent(new CustomEvent("refused", { detail: event.code }));
        return;
      }
      if (event.code === FULL) {
        this.#full(event.reason);
        return;
      }
      this.dispatchEvent(new Event("away"));
      this.#soon(this.#pause * (0.75 + Math.random() / 2));
      this.#pause = Math.min(this.#pause * 2, SLOWEST);
    });
  }

  /** Not tried again without end, but when somebody asks, or comes back to this window (having closed others). */
  #full(sentence) {
    const again = () => {
      document.removeEventListener("visibilitychange", again);
      takeBack();
      this.tryNow();
    };
    const takeBack = notify({
      tone: "failed",
      text: sentence,
      keep: true,
      actions: [{ label: "Try again", act: again }],
    });
    document.addEventListener("visibilitychange", again);
  }

  #soon(milliseconds) {
    if (this.#closed || this.isOpen) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#socket?.readyState === WebSocket.CLOSED) this.#connect();
    }, milliseconds);
  }
}
