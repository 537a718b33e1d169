// The app's page: inputs go out, fragments come in. The server's page is complete without this file, only still.

import { PendingChanges } from "./app-pending.js";
import { followTabs } from "./app-tabs.js";
import { csrfToken } from "./csrf.js";
import { followInputs, valueOf } from "./inputs.js";
import { InputNews, sayProblem } from "./inputs/news.js";
import { uploadTo } from "./inputs/upload.js";
import { sayWhenAway } from "./reconnecting.js";
import { LiveSocket } from "./socket.js";
import { apply } from "./stream.js";
import { notify } from "./notice.js";

class AppSession extends HTMLElement {
  #socket = null;
  #sequence = 0;
  #pending = null;
  #notes = null;
  #news = new InputNews(
    (_field, message) => apply(message),
    (name) => this.#pending.has(name),
  );

  connectedCallback() {
    this.#sequence = Number(this.dataset.sequence);
    this.#pending = new PendingChanges(this);
    this.runButton = document.getElementById("run");
    this.stopButton = document.getElementById("stop");
    followInputs(this);
    this.#news.begin(this);
    this.addEventListener("input-changed", (event) => this.#changed(event.detail));
    this.addEventListener("input-pressed", (event) => this.#press(event.detail.name));
    this.addEventListener("input-file", (event) => this.#upload(event.detail));
    this.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("[data-input] input")) this.#applyPending();
    });
    this.addEventListener("click", (event) => this.#clicked(event));
    this.runButton?.addEventListener("click", () => this.#run());
    this.stopButton?.addEventListener("click", () => this.#send({ type: "stop" }));
    followTabs(this);
    this.#socket = new LiveSocket(() => this.#address());
    this.#socket.addEventListener("open", () => this.#opened());
    this.#socket.addEventListener("message", (event) => this.#received(event.detail));
    sayWhenAway(
      this.#socket,
      "Your session goes on without this window. What you missed appears as soon as the connection is back.",
    );
    this.#begin();
  }

  disconnectedCallback() {
    this.#socket?.close();
  }

  get valuesNow() {
    const values = {};
    for (const field of this.querySelectorAll("[data-input]")) {
      const value = valueOf(field);
      if (value !== undefined) values[field.dataset.input] = value;
    }
    return values;
  }

  #address() {
    const { project, session, token } = this.dataset;
    const query = token ? `?token=${token}` : session ? `?session=${session}` : "";
    return `/ws/app/${project}/${query}`;
  }

  /** A link that carries values, or asks for a run, is acted on by the page, never by a GET (specs/security T7). */
  #begin() {
    const given = document.getElementById("given-values");
    if (given) this.#send({ type: "set", values: JSON.parse(given.textContent), link: true });
    if (this.hasAttribute("data-run-on-load")) this.#send({ type: "run" });
    this.#cleanAddress();
  }

  /** What begins with an underscore is ours, however that is written; what other sites put there stays. */
  #cleanAddress() {
    const parts = location.search.slice(1).split("&");
    const kept = parts.filter((part) => part && !/^(_|%5f)/i.test(part));
    if (kept.length === parts.length || !location.search) return;
    history.replaceState(
      history.state,
      "",
      location.pathname + (kept.length ? `?${kept.join("&")}` : "") + location.hash,
    );
  }

  #opened() {
    const { version, results } = this.dataset;
    this.#socket.send({ type: "hello", sequence: this.#sequence, version: Number(version), results });
  }

  #send(message) {
    this.#socket.send({ message: crypto.randomUUID?.() ?? String(Math.random()), ...message });
  }

  #changed({ name, value }) {
    this.#news.touched(name);
    if (this.dataset.apply === "apply") {
      this.#pending.add(name, value);
      return;
    }
    this.#send({ type: "set", values: { [name]: value } });
  }

  #applyPending({ play = true } = {}) {
    if (!this.#pending.size) return false;
    this.#send({ type: "set", values: this.#pending.take(), play });
    return true;
  }

  /** A press takes what is pending along. */
  #press(name) {
    this.#applyPending({ play: false });
    this.#send({ type: "press", name });
  }

  async #upload({ field, name, file }) {
    const { session, token } = this.dataset;
    const address = location.pathname.replace(/(latest|session\/[^/]+)$/, "upload");
    const answer = await uploadTo(address, { session, token }, field, file);
    if (!answer) return;
    if (!this.dataset.session) {
      // The upload began the session: come in again by its door.
      this.dataset.session = answer.session;
      this.#socket.reconnect();
    }
    this.#changed({ name, value: answer.value });
  }

  #run() {
    if (!this.#applyPending()) this.#send({ type: "run" });
  }

  #received(message) {
    switch (message.type) {
      case "session":
        this.dataset.session = message.id;
        break;
      case "fragment":
        this.#fragment(message);
        break;
      case "published":
        notify({
          tone: "live",
          text: `${message.by} published version ${message.version}.`,
          actions: [
            { label: "Switch and keep my inputs", act: () => this.#switch() },
            { label: "Stay", act: () => {} },
          ],
        });
        break;
      case "results":
        // Whoever has begun to move an input stays with what he sees.
        if (!this.dataset.session && !this.#socket.isSaying) location.reload();
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
      this.#pending.told(message);
      this.#news.take(message.input, message);
      return;
    }
    if (message.id === "session-notes" && !this.#isNews(message.html)) return;
    apply(message);
    if (message.id === "status") {
      // It comes last of an event: everything up to its number has been heard.
      if (message.sequence > this.#sequence) this.#sequence = message.sequence;
      this.runButton?.toggleAttribute("hidden", message.busy);
      this.stopButton?.toggleAttribute("hidden", !message.busy);
      this.toggleAttribute("data-busy", message.busy);
    }
  }

  /** Notes that were dismissed stay away until there is another. */
  #isNews(html) {
    if (html === this.#notes) return false;
    this.#notes = html;
    return true;
  }

  #clicked(event) {
    if (event.target.closest("[data-dismiss]")) event.target.closest(".notice").remove();
    if (event.target.closest("[data-switch]")) this.#switch();
    if (event.target.closest("[data-new-session]"))
      location.assign(`${location.pathname.replace(/session\/[^/]+$/, "latest")}?__new=true`);
  }

  /** A link with the present values opens the newest version in a new session. */
  async #switch() {
    const { link } = await linkTo("inputs", this.valuesNow);
    location.assign(link);
  }
}

/**
 * Ask the server for a link of a kind: it writes values as its own parser reads them.
 * @returns {Promise<{link: string, without?: string}>} `without`: what of the page the link can't carry, in words
 */
export async function linkTo(kind, values) {
  const here = document.querySelector("app-session");
  const response = await fetch(`${location.pathname.replace(/(latest|session\/[^/]+)$/, "link")}?kind=${kind}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify({ values, session: here?.dataset.session ?? "", token: here?.dataset.token ?? "" }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.sentence);
  return answer;
}

customElements.define("app-session", AppSession);
