// The files page: upload by choosing or dropping, find, sort, look inside, rename, delete with undo.

import { csrfToken } from "./csrf.js";
import { notify } from "./notice.js";
import { Upload } from "./uploads.js";

class ProjectFiles extends HTMLElement {
  #sort = { by: "name", down: false };

  connectedCallback() {
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("submit", (event) => this.#submitted(event));
    this.addEventListener("input", (event) => event.target.matches("[data-find]") && this.#arrange());
    this.addEventListener("change", (event) => this.#chosen(event));
    addEventListener("popstate", () => this.#show(location.href));
    if (this.hasAttribute("data-changes")) this.#acceptDrops();
  }

  // ---- Uploading

  #chosen(event) {
    if (!event.target.matches("input[type=file]")) return;
    this.#upload([...event.target.files]);
    event.target.value = "";
  }

  #acceptDrops() {
    let over = 0;
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    const mark = (on) => document.body.toggleAttribute("data-dropping", on);
    document.addEventListener("dragenter", (event) => hasFiles(event) && mark((over += 1) > 0));
    document.addEventListener("dragleave", (event) => hasFiles(event) && mark((over -= 1) > 0));
    document.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      mark((over = 0) > 0);
      const folders = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()?.isDirectory ?? false);
      const files = [...event.dataTransfer.files];
      this.#upload(files.filter((_, place) => !folders[place]));
      for (const file of files.filter((_, place) => folders[place])) {
        this.#refuse(this.#row(file), "Not uploaded: this is a folder. Make one here, then drop its files.");
      }
    });
  }

  /** One after the other: each gets the whole connection, and the list fills from the top. */
  async #upload(files) {
    const waiting = files.map((file) => ({ file, row: this.#row(file) }));
    for (const { file, row } of waiting) if (row.isConnected) await this.#send(file, row, false);
  }

  async #send(file, row, replace) {
    const largest = Number(this.dataset.largest);
    if (file.size > largest) {
      this.#refuse(row, `Not uploaded: ${words(file.size)}, and a file may have ${this.dataset.largestWords}`);
      return;
    }
    const upload = new Upload(file, { begin: `${this.dataset.address}uploads/`, folder: this.dataset.folder, replace });
    const began = performance.now();
    let before = null;
    upload.addEventListener("progress", ({ detail: { sent, waiting } }) => {
      before ??= sent;
      const seconds = (performance.now() - began) / 1000;
      const left = sent > before ? Math.ceil(((file.size - sent) * seconds) / (sent - before)) : null;
      const rest = waiting ? "waiting for the connection" : left === null || left < 2 ? "" : `about ${left} s left`;
      this.#progress(row, file, sent, rest);
    });
    const cancel = row.querySelector("[data-cancel]");
    cancel.onclick = () => {
      row.remove();
      upload.cancel();
    };
    try {
      const answer = await upload.send();
      if (!answer) return;
      row.remove();
      this.#say(answer.sentence);
      await this.#show(location.href);
    } catch (error) {
      this.#refuse(row, `Not uploaded: ${error.message}`, error.taken ? () => this.#send(file, row, true) : null);
    }
  }

  #row(file) {
    const row = this.querySelector("[data-coming]").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-cancel]").onclick = () => row.remove();
    this.querySelector("[data-coming-here]").append(row);
    this.#progress(row, file, 0, "");
    return row;
  }

  #progress(row, file, sent, rest) {
    const share = file.size ? Math.min(100, Math.round((sent / file.size) * 100)) : 100;
    const bar = row.querySelector("progress");
    row.querySelector(".progress").hidden = false;
    row.querySelector("[data-refused]").hidden = true;
    row.querySelector("[data-replace]").hidden = true;
    bar.value = share;
    bar.ariaLabel = `${file.name}, ${share} %`;
    const said = `${words(Math.min(sent, file.size))} of ${words(file.size)}`;
    row.querySelector("[data-words]").textContent = rest ? `${said}, ${rest}` : said;
  }

  #refuse(row, sentence, replace = null) {
    row.querySelector(".progress").hidden = true;
    const refused = row.querySelector("[data-refused]");
    refused.hidden = false;
    refused.textContent = sentence;
    const again = row.querySelector("[data-replace]");
    again.hidden = !replace;
    again.onclick = replace;
    const dismiss = row.querySelector("[data-cancel]");
    dismiss.textContent = "Dismiss";
    dismiss.ariaLabel = `Dismiss ${row.querySelector("[data-name]").textContent}`;
    dismiss.onclick = () => row.remove();
    this.#say(sentence);
  }

  // ---- Looking, finding, sorting

  #clicked(event) {
    const link = event.target.closest("a[data-look]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      history.pushState(null, "", link.href);
      this.#show(link.href);
    }
    const head = event.target.closest("[data-sort]");
    if (head) {
      this.#sort = { by: head.dataset.sort, down: this.#sort.by === head.dataset.sort && !this.#sort.down };
      this.#arrange();
    }
    const doomed = event.target.closest("[data-delete]");
    if (doomed) this.#delete(doomed.dataset.delete);
    const copy = event.target.closest("[data-copy]");
    if (copy) this.#copy(copy.dataset.copy);
  }

  #arrange() {
    const body = this.querySelector("[data-rows]");
    if (!body) return;
    const { by, down } = this.#sort;
    const value = (row) => (by === "name" ? row.dataset.name : Number(row.dataset[by]));
    const folder = (row) => row.dataset.kind !== "folder";
    const rows = [...body.children].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      const order = by === "name" ? a.localeCompare(b) : a - b;
      return folder(one) - folder(other) || (down ? -order : order);
    });
    body.append(...rows);
    for (const head of this.querySelectorAll("[data-sort]")) {
      const sorted = head.dataset.sort === by;
      head.closest("th").ariaSort = sorted ? (down ? "descending" : "ascending") : null;
    }
    const wanted = this.querySelector("[data-find]").value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.dataset.name.includes(wanted);
    this.querySelector("[data-none]").hidden = rows.some((row) => !row.hidden);
  }

  /** Bring the list, the look and the sentence about reach up to date with the page at `address`. */
  async #show(address) {
    const response = await fetch(address);
    if (!response.ok) return notify({ tone: "failed", text: "The list of files could not be read. Reload the page." });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const coming = [...this.querySelector("[data-coming-here]").children];
    for (const id of ["reach", "files", "look"]) this.querySelector(`#${id}`).replaceWith(page.querySelector(`#${id}`));
    this.querySelector("[data-coming-here]").append(...coming);
    this.#arrange();
    return response;
  }

  async #copy(text) {
    await navigator.clipboard.writeText(text);
    this.#say("Copied the line that reads the file.");
    notify({ text: "Copied the line that reads the file." });
  }

  // ---- Changing

  async #submitted(event) {
    const form = event.target;
    if (form.matches("[data-upload]")) {
      event.preventDefault();
      form.querySelector("input[type=file]").click();
    }
    if (!form.matches("[data-change]")) return;
    event.preventDefault();
    const answer = await this.#post(form.action, new FormData(form));
    if (!answer) return;
    form.closest("[popover]").hidePopover();
    form.reset();
    this.#say(answer.sentence);
    const address = new URL(location.href);
    if (address.searchParams.has("file")) address.searchParams.set("file", answer.path);
    history.replaceState(null, "", address);
    await this.#show(address);
  }

  async #delete(path) {
    const form = new FormData();
    form.set("path", path);
    const answer = await this.#post(`${this.dataset.address}delete/`, form);
    if (!answer) return;
    const address = new URL(location.href);
    address.searchParams.delete("file");
    history.replaceState(null, "", address);
    await this.#show(address);
    this.#say(answer.sentence);
    notify({ text: answer.sentence, actions: [{ label: "Undo", act: () => this.#restore(path, answer.undo) }] });
  }

  async #restore(path, undo) {
    const form = new FormData();
    form.set("path", path);
    form.set("undo", undo);
    const answer = await this.#post(`${this.dataset.address}restore/`, form);
    if (!answer) return;
    this.#say(answer.sentence);
    await this.#show(location.href);
  }

  async #post(address, body) {
    const response = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    const answer = isJson ? await response.json() : {};
    if (response.ok) return answer;
    notify({ tone: "failed", text: answer.sentence ?? "This could not be done. Reload the page and try again." });
    return null;
  }

  #say(sentence) {
    this.querySelector("[data-said]").textContent = sentence;
  }
}

/** Bytes as people say them, as the server does. */
function words(size) {
  let number = size;
  let unit = "B";
  for (const larger of ["KB", "MB", "GB"]) {
    if (number < 999.5) break;
    number /= 1024;
    unit = larger;
  }
  return `${number < 9.95 ? number.toFixed(1).replace(/\.0$/, "") : number.toFixed(0)} ${unit}`;
}

customElements.define("project-files", ProjectFiles);
