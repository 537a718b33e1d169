// The tabs of the app that is built: chosen, added, renamed, moved, removed.

import { newId } from "../notebook/actions.js";

export class Tabs {
  #current = null;

  constructor(builder) {
    this.builder = builder;
    builder.addEventListener("click", ({ target }) => this.#clicked(target));
    document.addEventListener("click", ({ target }) => this.#acted(target.closest("[data-builder]")?.dataset.builder));
    builder.addEventListener("keydown", (event) => this.#key(event));
    builder.addEventListener("dblclick", ({ target }) => {
      const tab = target.closest("[data-tab]");
      if (tab && builder.mayEdit) this.rename(tab);
    });
    document.getElementById("tab-menu")?.addEventListener("beforetoggle", () => this.#fillMenu());
    this.settle();
  }

  get all() {
    return [...this.builder.querySelectorAll("[role=tab][data-tab]")];
  }

  /** The id of the page that is seen; "" where there are no tabs. */
  get current() {
    return this.#current ?? "";
  }

  titleOf(placed) {
    const page = placed.closest("[data-page]").dataset.page;
    return this.all.find((tab) => tab.dataset.tab === page)?.dataset.title ?? "the page";
  }

  /** After the stage was drawn again: the page that was seen is seen, or the nearest that is left. */
  settle() {
    const { all } = this;
    const known = all.find((tab) => tab.dataset.tab === this.#current);
    this.choose((known ?? all[0])?.dataset.tab ?? "");
  }

  choose(id) {
    this.#current = id;
    for (const tab of this.all) {
      const chosen = tab.dataset.tab === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      const page = this.builder.stage.page(tab.dataset.tab);
      if (page) page.hidden = !chosen;
    }
  }

  async add() {
    const id = newId();
    if (!(await this.builder.do("add-tab", { tab: id, title: "" }))) return;
    this.choose(id);
    this.rename(this.#get(id));
  }

  /** A field takes the place of the tab; Enter keeps what is written, Esc leaves the name as it was. */
  rename(tab) {
    if (!tab) return;
    const field = document.getElementById("tab-name");
    field.value = tab.dataset.title;
    tab.after(field);
    tab.hidden = true;
    field.hidden = false;
    field.focus();
    field.select();
    let ended = false;
    const end = async (keep) => {
      if (ended) return;
      ended = true;
      const title = field.value.trim();
      field.hidden = true;
      tab.hidden = false;
      this.builder.querySelector(".tab-bar").prepend(field);
      tab.focus();
      this.builder.stage.settle();
      if (keep && title && title !== tab.dataset.title) {
        await this.builder.do("rename-tab", { tab: tab.dataset.tab, title });
      }
    };
    field.onblur = () => end(true);
    field.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      end(event.key === "Enter");
    };
  }

  async move(by, tab = this.#get(this.current)) {
    const position = this.all.indexOf(tab) + by;
    if (!tab || position < 0 || position >= this.all.length) return;
    const id = tab.dataset.tab;
    if (await this.builder.do("move-tab", { tab: id, position })) this.#get(id)?.focus();
  }

  async remove() {
    if (await this.builder.do("remove-tab", { tab: this.current }))
      (this.#get(this.current) ?? document.getElementById("stage")).focus();
  }

  #get(id) {
    return this.all.find((tab) => tab.dataset.tab === id);
  }

  #clicked(target) {
    const tab = target.closest("[data-tab]");
    if (tab) this.choose(tab.dataset.tab);
  }

  #acted(name) {
    const acts = {
      "add-tab": () => this.add(),
      "rename-tab": () => this.rename(this.#get(this.current)),
      "tab-left": () => this.move(-1),
      "tab-right": () => this.move(1),
      "remove-tab": () => this.remove(),
    };
    acts[name]?.();
  }

  #key(event) {
    const tab = event.target.closest?.("[data-tab]");
    if (!tab) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "F2" && this.builder.mayEdit) this.rename(tab);
    else if (step && event.altKey) {
      if (this.builder.mayEdit) this.move(step, tab);
    } else if (step) {
      const { all } = this;
      const next = all[(all.indexOf(tab) + step + all.length) % all.length];
      this.choose(next.dataset.tab);
      next.focus();
    } else return;
    event.preventDefault();
  }

  #fillMenu() {
    const menu = document.getElementById("tab-menu");
    const at = this.all.findIndex((tab) => tab.dataset.tab === this.current);
    menu.querySelector('[data-builder="tab-left"]').disabled = at <= 0;
    menu.querySelector('[data-builder="tab-right"]').disabled = at < 0 || at === this.all.length - 1;
    const count = this.builder.stage.blocksOn(this.current).length;
    menu.querySelector("[data-removes]").textContent = count
      ? `Its ${count} ${count === 1 ? "block moves" : "blocks move"} to “Not in the app”; nothing is deleted`
      : "It is empty";
  }
}
