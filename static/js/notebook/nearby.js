// Cells near the window get their tools, and their editors when there is time, so that a long notebook opens at once.
// Text cells wait for their editor until they are written.

import { dress } from "./tools.js";

const NEAR = "300px"; // how far outside the window

const idle = window.requestIdleCallback ?? ((work) => setTimeout(work, 50));

export class Nearby {
  #observer;

  constructor(notebook) {
    this.#observer = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: NEAR });
    this.isWanted = notebook.mayEdit;
    for (const cell of notebook.list.all) this.follow(cell);
    notebook.addEventListener("fragment", ({ target }) => {
      if (target.notebookCell) this.follow(target.notebookCell);
    });
  }

  follow(cell) {
    if (this.isWanted) this.#observer.observe(cell.element);
  }

  disconnect() {
    this.#observer.disconnect();
  }

  #seen(entries) {
    for (const { isIntersecting, target } of entries) {
      const cell = target.notebookCell;
      if (!isIntersecting || !cell) continue;
      dress(cell);
      if (cell.kind === "markdown" || cell.editor) continue;
      idle(() => {
        // Without the library the text stays as it is drawn; a click asks again.
        if (target.isConnected && target === cell.element) cell.mount().catch(() => {});
      });
    }
  }
}
