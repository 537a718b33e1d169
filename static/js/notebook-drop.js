// <notebook-drop>: notebook files dropped anywhere on the page become projects.

import { notify } from "./notice.js";
import { filesOf, sendNotebook } from "./notebook-upload.js";

class NotebookDrop extends HTMLElement {
  #leave = new AbortController();
  #depth = 0;

  connectedCallback() {
    this.hidden = true;
    this.textContent = "Drop to import";
    const { signal } = this.#leave;
    const listen = (name, act) => document.addEventListener(name, act, { signal });
    listen("dragenter", (event) => {
      if (!carriesFiles(event)) return;
      this.#depth += 1;
      this.hidden = false;
    });
    listen("dragleave", (event) => {
      if (!carriesFiles(event)) return;
      this.#depth -= 1;
      if (this.#depth <= 0) this.rest();
    });
    listen("dragover", (event) => {
      if (carriesFiles(event)) event.preventDefault();
    });
    listen("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.rest();
      this.bring(filesOf(event.dataTransfer));
    });
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  rest() {
    this.#depth = 0;
    this.hidden = true;
  }

  async bring(files) {
    const imported = [];
    for (const file of files) {
      const done = notify({ text: `Importing “${file.name}”…`, keep: true });
      const answer = await sendNotebook(file, { address: this.dataset.address, workspace: this.dataset.workspace });
      done();
      if (answer.sentence) notify({ text: answer.sentence, tone: "failed", keep: true });
      else imported.push(answer);
    }
    const failed = files.length - imported.length;
    if (imported.length === 1 && !failed && !imported[0].notes.length) location.assign(imported[0].address);
    for (const { title, address, notes } of imported) {
      const actions = [{ label: "Open", act: () => location.assign(address) }];
      notify({ text: [`Imported “${title}”.`, ...notes].join(" "), actions, keep: true });
    }
  }
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

customElements.define("notebook-drop", NotebookDrop);
