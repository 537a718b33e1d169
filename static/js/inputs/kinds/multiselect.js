// A multi-select, whose popover has finding options, all and none, and the words on its button.

/** Follow the multi-selects inside `root`. */
export function follow(root, { changed }) {
  root.addEventListener("input", ({ target }) => {
    if (target.matches("[type=search]") && target.closest("[data-input]")) find(target);
  });
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-all], [data-none]");
    const field = button?.closest("[data-input]");
    if (!field) return;
    for (const box of boxes(field)) {
      if (!box.closest("label").hidden) box.checked = button.hasAttribute("data-all");
    }
    changed(field);
  });
  root.addEventListener("keydown", (event) => {
    const popover = event.target.closest?.("[data-choices]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!popover || !step) return;
    event.preventDefault();
    const stops = [
      popover.querySelector("[type=search]"),
      ...boxes(popover).filter((box) => !box.closest("label").hidden),
    ];
    stops.at((stops.indexOf(document.activeElement) + step + stops.length) % stops.length).focus();
  });
}

export function value(field) {
  return boxes(field)
    .filter((box) => box.checked)
    .map((box) => JSON.parse(box.value));
}

/** What stands on the button. */
export const words = (field) => field.querySelector(".opens > span").textContent.trim();

/** “Rain, Sun, Fog and 1 more” on the button. */
export function shown(field) {
  const names = boxes(field)
    .filter((box) => box.checked)
    .map((box) => box.closest("label").textContent.trim());
  const said = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  field.querySelector(".opens > span").textContent = said || "None";
}

function boxes(root) {
  return [...root.querySelectorAll(".options input")];
}

function find(search) {
  const popover = search.closest(".popover");
  const wanted = search.value.trim().toLowerCase();
  let left = 0;
  for (const label of popover.querySelectorAll(".options label")) {
    label.hidden = !label.textContent.toLowerCase().includes(wanted);
    left += !label.hidden;
  }
  popover.querySelector("[data-none-found]").hidden = left > 0;
}
