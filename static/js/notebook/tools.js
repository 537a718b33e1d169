// The tools of a cell and the place to insert below it: made when the cell comes near the window, as most never do.

/** Give the cell its tools, unless it has them. */
export function dress(cell) {
  const { element } = cell;
  if (element.querySelector(":scope > .cell-tools")) return;
  const tools = copyOf("cell-tools");
  for (const button of tools.querySelectorAll("[data-for]")) {
    if (!button.dataset.for.split(" ").includes(cell.kind)) button.remove();
  }
  element.querySelector(":scope > .gutter").after(tools);
  element.append(copyOf("cell-insert"));
  showWhetherShown(element);
}

/** Move the tools to the element that takes the place of another, with the focus if it was there. */
export function hand(from, to) {
  const focused = document.activeElement;
  const tools = from.querySelector(":scope > .cell-tools");
  if (!tools) return;
  to.querySelector(":scope > .gutter").after(tools);
  to.append(from.querySelector(":scope > .insert"));
  showWhetherShown(to);
  return () => tools.contains(focused) && focused.focus({ preventScroll: true });
}

/** The eye says whether viewers of the app get the cell. */
export function showWhetherShown(element) {
  const eye = element.querySelector(':scope > .cell-tools [data-act="toggle-shown"]');
  eye?.setAttribute("aria-pressed", String(element.dataset.show.startsWith("1")));
}

function copyOf(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}
