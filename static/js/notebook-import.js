// <notebook-import>: a place to drop or choose a notebook file, with progress and what came of it.

import { filesOf, sendNotebook } from "./notebook-upload.js";

class NotebookImport extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.says = this.querySelector("[role=status]");
    this.input.addEventListener("change", () => this.bring(this.input.files[0]));
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.dataset.over = "";
    });
    this.addEventListener("dragleave", () => delete this.dataset.over);
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      delete this.dataset.over;
      this.bring(filesOf(event.dataTransfer)[0]);
    });
  }

  async bring(file) {
    if (!file || this.hasAttribute("aria-busy")) return;
    this.setAttribute("aria-busy", "true");
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", `Importing ${file.name}`);
    this.say("small quiet", `Importing “${file.name}”…`, bar);
    const workspace = this.closest("main, dialog")?.querySelector("select[name=workspace]")?.value;
    const answer = await sendNotebook(file, {
      address: this.dataset.address,
      workspace,
      largest: Number(this.dataset.largest),
      progress: (share) => {
        if (share < 1) bar.value = share;
        else bar.removeAttribute("value"); // Sent; the server reads it.
      },
    });
    this.removeAttribute("aria-busy");
    this.input.value = "";
    if (answer.sentence) {
      this.say("error", answer.sentence);
    } else if (answer.notes?.length) {
      this.imported(answer);
    } else {
      location.assign(answer.address);
    }
  }

  /** A file that is different here in some ways: said before the project opens. */
  imported({ title, address, notes }) {
    const list = document.createElement("ul");
    list.className = "import-notes";
    for (const note of notes) list.append(Object.assign(document.createElement("li"), { textContent: note }));
    const open = Object.assign(document.createElement("a"), {
      className: "button solid",
      textContent: "Open the project",
    });
    open.href = address;
    this.say("small", `Imported “${title}”. Some of it is different here:`, list, open);
    open.focus();
  }

  say(kind, text, ...more) {
    const line = Object.assign(document.createElement("p"), { className: kind, textContent: text });
    this.says.replaceChildren(line, ...more);
  }
}

customElements.define("notebook-import", NotebookImport);
