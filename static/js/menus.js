// Menus and popovers: placed by their button where the browser can't anchor them, arrow keys inside, closed by a choice.

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!menu.matches?.("[popover]") || event.newState !== "open") return;
    const opener = document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`);
    if (opener && !CSS.supports("position-anchor: --a")) place(menu, opener);
    if (menu.matches("menu")) itemsOf(menu)[0]?.focus();
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("menu[popover]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || !step) return;
  event.preventDefault();
  const items = itemsOf(menu);
  items.at((items.indexOf(document.activeElement) + step) % items.length)?.focus();
});

document.addEventListener("click", (event) => {
  const menu = event.target.closest("menu[popover]");
  if (menu && event.target.closest("button, a")) menu.hidePopover();
});

function place(menu, opener) {
  const box = opener.getBoundingClientRect();
  const width = menu.offsetWidth;
  menu.style.position = "fixed";
  menu.style.margin = "0";
  menu.style.insetBlockStart = `${Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
  menu.style.insetInlineStart = `${Math.max(8, Math.min(box.right - width, innerWidth - width - 8))}px`;
}

/** What can be chosen now: some items are for other things than this menu was opened for. */
function itemsOf(menu) {
  return [...menu.querySelectorAll("button, a")].filter((item) => !item.disabled && item.checkVisibility());
}
