// What viewers see of a block: the menu of its tools, and the keys on it.

const FLAGS = {
  "Code and output": { cell: true, code: true, output: true },
  "Output only": { cell: true, code: false, output: true },
  "Code only": { cell: true, code: true, output: false },
  Shown: { cell: true },
  Hidden: { cell: false },
};

export function followBlocks(builder) {
  const menu = document.getElementById("block-menu");
  builder.addEventListener("click", ({ target }) => {
    const placed = target.closest(".placed");
    if (placed && target.closest('[data-builder="take-out"]')) takeOut(builder, placed);
  });
  builder.addEventListener("keydown", (event) => {
    if (!event.target.matches(".placed") || !builder.mayEdit || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "h") takeOut(builder, event.target);
    else if (event.key === "Enter") event.target.querySelector('[data-grip="block"]')?.click();
    else return;
    event.preventDefault();
  });
  builder.addEventListener("keydown", (event) => {
    if (
      event.key === "Escape" &&
      event.target.closest(".placed") &&
      !document.querySelector(":popover-open:not([popover=manual])")
    ) {
      event.target.closest(".placed").focus();
    }
  });
  if (!menu) return;
  menu.addEventListener("beforetoggle", ({ newState }) => newState === "open" && fill(builder, menu));
  menu.addEventListener("click", ({ target }) => {
    const placed = builder.stage.current;
    const button = target.closest("button");
    if (!placed || !button) return;
    const { cell } = placed.dataset;
    if (button.dataset.shows === "Hidden") takeOut(builder, placed);
    else if (button.dataset.shows) builder.do("show", { cells: [cell], show: FLAGS[button.dataset.shows] });
    else if (button.dataset.toTab !== undefined) moveToTab(builder, cell, button.dataset.toTab);
  });
}

async function takeOut(builder, placed) {
  const { cell } = placed.dataset;
  const blocks = builder.stage.blocksOn(builder.tabs.current);
  const at = blocks.indexOf(placed);
  const next = (blocks[at + 1] ?? blocks[at - 1])?.dataset.cell;
  if (!(await builder.do("show", { cells: [cell], show: { cell: false } }))) return;
  const place = next ? builder.stage.get(next) : document.getElementById("stage");
  if (next) builder.stage.choose(place, { focus: true });
  else place.focus();
}

async function moveToTab(builder, cell, tab) {
  if (await builder.do("to-tab", { cell, tab })) builder.goTo(cell);
}

function fill(builder, menu) {
  const placed = builder.stage.current;
  if (!placed) return;
  const { kind, shows, cell } = placed.dataset;
  for (const item of menu.querySelectorAll("[data-for]"))
    item.hidden = (item.dataset.for === "code") !== (kind === "code");
  for (const button of menu.querySelectorAll("[data-shows]")) {
    button.setAttribute("aria-checked", String(button.dataset.shows === shows));
  }
  const hidesCode = builder.querySelector('[data-setting="hide_code"]')?.checked;
  menu.querySelector("[data-while-hidden]").hidden = !hidesCode;
  const address = builder.dataset.notebook;
  menu.querySelector("[data-in-notebook]").href = `${address}#cell-${cell}`;
  const others = builder.tabs.all.filter((tab) => tab.dataset.tab !== builder.tabs.current);
  for (const old of menu.querySelectorAll("[data-to-tab]")) old.parentElement.remove();
  const place = menu.querySelector("[data-tabs-here]");
  menu.querySelector("[data-tabs]").hidden = place.hidden = !others.length;
  place.hidden = true;
  for (const tab of others) {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.dataset.toTab = tab.dataset.tab;
    button.append(
      document.createElement("i"),
      Object.assign(document.createElement("span"), { textContent: `Move to ${tab.dataset.title}` }),
    );
    item.append(button);
    place.before(item);
  }
}
