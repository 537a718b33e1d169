// The editor of a cell: CodeMirror 6, fetched when the first cell needs it, dressed by editor.css.

let library = null;
let attempts = 0;

/** Fetch the library once; again when it did not arrive, under another address, as browsers remember what failed. */
export function loadLibrary(address) {
  library ??= import(attempts ? `${address}?attempt=${attempts}` : address).catch((error) => {
    library = null;
    attempts += 1;
    throw error;
  });
  return library;
}

/**
 * @param {object} cm the library
 * @param {{parent: Element, text: string, kind: string, label: string, readOnly: boolean, commands: object}} options
 *   `commands`: what the notebook does for the editor: changed(text), focused(), blurred(), leave(), run(how), split(),
 *   moveOut(step), complete(code, cursor, explicit)
 */
export function createEditor(cm, { parent, text, kind, label, readOnly, commands }) {
  const view = new cm.EditorView({
    parent,
    state: cm.EditorState.create({
      doc: text,
      extensions: [
        cm.Prec.highest(
          cm.keymap.of([{ key: "Escape", run: (view) => hasNothingToClose(view) && (commands.leave(), true) }]),
        ),
        cm.Prec.high(cm.keymap.of(notebookKeys(cm, commands))),
        cm.history(),
        cm.drawSelection(),
        cm.dropCursor(),
        cm.highlightSpecialChars(),
        cm.highlightActiveLine(),
        cm.bracketMatching(),
        cm.closeBrackets(),
        cm.indentOnInput(),
        cm.indentUnit.of("    "),
        cm.highlightSelectionMatches(),
        cm.search({ top: true }),
        cm.EditorState.allowMultipleSelections.of(true),
        cm.EditorState.tabSize.of(4),
        cm.EditorState.readOnly.of(readOnly),
        cm.EditorView.editable.of(!readOnly),
        cm.EditorView.contentAttributes.of({ "aria-label": label, spellcheck: kind === "markdown" ? "true" : "false" }),
        languageOf(cm, kind, commands),
        cm.syntaxHighlighting(highlighting(cm)),
        cm.keymap.of([
          ...cm.closeBracketsKeymap,
          ...cm.searchKeymap,
          ...cm.historyKeymap,
          ...cm.completionKeymap,
          ...cm.defaultKeymap,
        ]),
        cm.EditorView.updateListener.of((update) => {
          const own = update.transactions.some((transaction) => transaction.docChanged && !isRemote(cm, transaction));
          if (own) commands.changed(update.state.doc.toString());
          if (update.focusChanged) view.hasFocus ? commands.focused() : commands.blurred();
        }),
      ],
    }),
  });
  return view;
}

/** Put another text in, changing only what differs, so that carets and scroll stay where they are. */
export function replaceText(cm, view, text) {
  const now = view.state.doc.toString();
  if (now === text) return;
  let start = 0;
  while (start < now.length && start < text.length && now[start] === text[start]) start += 1;
  let end = 0;
  while (end < now.length - start && end < text.length - start && now.at(-1 - end) === text.at(-1 - end)) end += 1;
  view.dispatch({
    changes: { from: start, to: now.length - end, insert: text.slice(start, text.length - end) },
    annotations: [cm.Transaction.userEvent.of("remote"), cm.Transaction.addToHistory.of(false)],
  });
}

function isRemote(cm, transaction) {
  return transaction.annotation(cm.Transaction.userEvent) === "remote";
}

function languageOf(cm, kind, commands) {
  if (kind === "markdown") return [cm.markdown(), cm.EditorView.lineWrapping];
  if (kind !== "code") return [cm.EditorView.lineWrapping];
  return [cm.python(), cm.autocompletion({ override: [completions(commands)], activateOnTyping: true, icons: true })];
}

/** Names from the kernel: after a dot, and while a name is typed. */
function completions(commands) {
  return async (context) => {
    const word = context.matchBefore(/[\p{L}_][\p{L}\p{N}_]*/u);
    const dotted = context.matchBefore(/\.[\p{L}\p{N}_]*/u);
    if (!context.explicit && !dotted && (!word || word.to - word.from < 2)) return null;
    const code = context.state.doc.toString();
    const found = await commands.complete(code, context.pos);
    if (context.aborted || !found || !found.matches.length) return null;
    return { from: found.start, options: found.matches.map(option), validFor: /^[\p{L}\p{N}_]*$/u };
  };
}

function option(match) {
  const { text, type = "" } = typeof match === "string" ? { text: match } : match;
  const kinds = { function: "function", module: "class", class: "class", keyword: "keyword", property: "property" };
  return { label: text, type: kinds[type] ?? "variable", detail: type && !(type in kinds) ? type : undefined };
}

function notebookKeys(cm, commands) {
  const run = (how) => () => (commands.run(how), true);
  return [
    { key: "Shift-Enter", run: run("next") },
    { key: "Mod-Enter", run: run("stay") },
    { key: "Ctrl-Enter", run: run("stay") },
    { key: "Alt-Enter", run: run("insert") },
    { key: "Shift-Mod-Enter", run: run("all") },
    { key: "Mod-s", run: () => (commands.save(), true), preventDefault: true },
    { key: "Ctrl-Shift--", run: () => (commands.split(), true), preventDefault: true },
    { key: "Ctrl-Shift-_", run: () => (commands.split(), true), preventDefault: true },
    { key: "ArrowUp", run: (view) => atEdge(view, -1) && commands.moveOut(-1) },
    { key: "ArrowDown", run: (view) => atEdge(view, 1) && commands.moveOut(1) },
    { key: "Tab", run: (view) => completeOrIndent(cm, view), shift: cm.indentLess },
  ];
}

/** Esc closes what is open in the editor first; a question to the kernel that is still out is nothing to close. */
function hasNothingToClose(view) {
  return view.state.selection.ranges.length === 1 && !view.dom.querySelector(".cm-tooltip-autocomplete, .cm-search");
}

/** Whether the caret stands in the first (or last) line, with nothing selected. */
function atEdge(view, step) {
  const { main, ranges } = view.state.selection;
  if (ranges.length > 1 || !main.empty) return false;
  const line = view.state.doc.lineAt(main.head);
  return step < 0 ? line.number === 1 : line.number === view.state.doc.lines;
}

function completeOrIndent(cm, view) {
  if (cm.acceptCompletion(view)) return true;
  const { main } = view.state.selection;
  const before = view.state.doc.lineAt(main.head).text.slice(0, main.head - view.state.doc.lineAt(main.head).from);
  if (main.empty && /[\p{L}\p{N}_.]$/u.test(before)) return cm.startCompletion(view);
  return cm.indentMore(view);
}

let style = null;

/** Tags to the classes of editor.css (design README, section 10). */
function highlighting(cm) {
  const { tags: t } = cm;
  style ??= cm.HighlightStyle.define([
    { tag: [t.keyword, t.bool, t.null, t.self, t.operatorKeyword], class: "tok-keyword" },
    { tag: [t.string, t.docString, t.character], class: "tok-string" },
    { tag: [t.escape, t.special(t.string), t.regexp], class: "tok-escape" },
    { tag: [t.number], class: "tok-number" },
    { tag: [t.function(t.variableName), t.function(t.propertyName)], class: "tok-function" },
    { tag: [t.definition(t.variableName), t.definition(t.function(t.variableName))], class: "tok-definition" },
    { tag: [t.typeName, t.className, t.namespace, t.meta], class: "tok-typeName" },
    { tag: [t.variableName, t.propertyName, t.attributeName], class: "tok-variableName" },
    { tag: [t.operator, t.punctuation, t.bracket, t.separator], class: "tok-operator" },
    { tag: [t.comment], class: "tok-comment" },
    { tag: [t.heading, t.strong], class: "tok-heading" },
    { tag: [t.emphasis], class: "tok-emphasis" },
    { tag: [t.link, t.url], class: "tok-link" },
    { tag: [t.invalid], class: "tok-invalid" },
  ]);
  return style;
}
