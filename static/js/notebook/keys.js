// The keys of Jupyter: on a chosen cell (command mode) and anywhere on the page. Editors have their own in editor.js.

const TWICE_WITHIN = 700; // ms

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** What each key does on a cell, when nothing is being typed. */
const COMMANDS = {
  Enter: (notebook) => notebook.editCurrent(),
  ArrowUp: (notebook) => notebook.selection.step(-1),
  ArrowDown: (notebook) => notebook.selection.step(1),
  k: (notebook) => notebook.selection.step(-1),
  j: (notebook) => notebook.selection.step(1),
  "Shift+ArrowUp": (notebook) => notebook.selection.step(-1, { extend: true }),
  "Shift+ArrowDown": (notebook) => notebook.selection.step(1, { extend: true }),
  "Shift+K": (notebook) => notebook.selection.step(-1, { extend: true }),
  "Shift+J": (notebook) => notebook.selection.step(1, { extend: true }),
  o: (notebook) => notebook.fold(),
  c: (notebook) => notebook.actions.do("copy"),
  "?": (notebook) => notebook.showKeys(),
};

const EDITING = {
  a: (notebook) => notebook.actions.do("insert", "code", { above: true }),
  b: (notebook) => notebook.actions.do("insert", "code"),
  x: (notebook) => notebook.actions.do("cut"),
  v: (notebook) => notebook.actions.do("paste"),
  z: (notebook) => notebook.actions.do("undoDelete"),
  "d d": (notebook) => notebook.actions.do("delete"),
  y: (notebook) => notebook.actions.do("kind", "code"),
  m: (notebook) => notebook.actions.do("kind", "markdown"),
  r: (notebook) => notebook.actions.do("kind", "raw"),
  u: (notebook) => notebook.actions.do("kind", "input"),
  h: (notebook) => notebook.actions.do("toggleShown"),
  "Shift+M": (notebook) => notebook.actions.do("merge"),
  "Alt+ArrowUp": (notebook) => notebook.actions.do("move", -1),
  "Alt+ArrowDown": (notebook) => notebook.actions.do("move", 1),
};

const RUNNING = {
  "Shift+Enter": (notebook) => notebook.actions.do("run", "next"),
  "Mod+Enter": (notebook) => notebook.actions.do("run", "stay"),
  "Alt+Enter": (notebook) => notebook.actions.do("run", "insert"),
  "i i": (notebook) => notebook.stop(),
  "0 0": (notebook) => notebook.actions.do("session", "restart"),
};

/** Wherever the focus is, unless a dialogue is open. */
const ANYWHERE = {
  "Mod+s": (notebook) => notebook.edits.flush(),
  "Shift+Mod+Enter": (notebook) => notebook.actions.do("session", "run_all"),
  "Shift+Mod+P": (notebook) => notebook.publish(),
};

export class Keys {
  #first = "";
  #at = 0;

  constructor(notebook) {
    this.notebook = notebook;
    this.commands = { ...COMMANDS, ...(notebook.mayEdit ? EDITING : {}), ...(notebook.mayRun ? RUNNING : {}) };
    document.addEventListener("keydown", (event) => this.#pressed(event));
    if (isMac) for (const kbd of document.querySelectorAll("kbd[data-mac]")) kbd.textContent = kbd.dataset.mac;
  }

  #pressed(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog:modal")) return;
    const key = named(event);
    if (ANYWHERE[key]) return this.#act(event, ANYWHERE[key]);
    const { target } = event;
    if (event.key === "Escape" && !document.querySelector(":popover-open:not([popover=manual])")) {
      return this.notebook.leave(target);
    }
    if (key === "?" && !isTyping(target)) return this.#act(event, this.commands[key]);
    if (!isOnCell(target)) return;
    const twice = `${this.#first} ${key}`;
    const quick = event.timeStamp - this.#at < TWICE_WITHIN;
    this.#first = key;
    this.#at = event.timeStamp;
    if (quick && this.commands[twice]) {
      this.#first = "";
      this.#act(event, this.commands[twice]);
    } else if (this.commands[key]) this.#act(event, this.commands[key]);
  }

  #act(event, command) {
    event.preventDefault();
    command(this.notebook);
  }
}

/** Command mode: the focus is on a cell itself, or nowhere in particular. */
function isOnCell(target) {
  return target === document.body || target.matches?.(".cell, #cells");
}

function isTyping(target) {
  return Boolean(target.closest?.("input, select, textarea, [contenteditable]"));
}

/** "Shift+Mod+Enter", "d", "?": letters without Shift are small, signs are as they are typed. */
function named(event) {
  const { key } = event;
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const sign = key.length === 1 && !/\p{L}/u.test(key);
  const parts = [];
  if (event.shiftKey && !sign) parts.push("Shift");
  if (mod || (event.ctrlKey && key === "Enter")) parts.push("Mod");
  if (event.altKey) parts.push("Alt");
  parts.push(key.length === 1 ? (event.shiftKey ? key.toUpperCase() : key.toLowerCase()) : key);
  return parts.join("+");
}
