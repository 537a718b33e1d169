// The controls of inputs: reads what a person did as a JSON value, and writes what others did.
// Says "input-changed" {name, value} and "input-pressed" {name} on the field.

const SLIDER_PAUSE = 60; // ms between two values while a slider is dragged

const later = new Map();
const said = new WeakMap();

/** Follow every field inside `root`; fields that come later are followed too. */
export function followInputs(root) {
  root.addEventListener("input", (event) => {
    const field = fieldOf(event.target);
    if (!field) return;
    if (event.target.type === "range") {
      showRange(event.target);
      throttle(field, () => changed(field));
    }
    if (event.target.type === "search") findOption(event.target);
  });
  root.addEventListener("change", (event) => {
    const field = fieldOf(event.target);
    if (field && event.target.type !== "search" && !event.target.closest("[data-date-choice]")) changed(field);
  });
  root.addEventListener("click", (event) => {
    const field = fieldOf(event.target);
    if (!field) return;
    if (event.target.closest("[data-press]")) say(field, "input-pressed", {});
    if (event.target.closest("[data-all], [data-none]")) {
      const all = Boolean(event.target.closest("[data-all]"));
      for (const box of field.querySelectorAll(".options input")) if (!box.closest("[hidden]")) box.checked = all;
      changed(field);
    }
    if (event.target.closest("[data-mode]")) chooseMode(event.target.closest("[data-mode]"));
    if (event.target.closest("[data-choose]")) chooseDate(field);
    if (event.target.closest("[data-clear]")) chooseDate(field, null);
  });
  root.addEventListener("submit", (event) => {
    if (event.target.matches("[data-inputs]")) event.preventDefault();
  });
  root.addEventListener("fragment", ({ target }) => showRanges(target));
  showRanges(root);
}

function showRanges(root) {
  for (const range of root.querySelectorAll("[data-input] input[type=range]")) showRange(range);
}

/** The value that `field` shows, as JSON; undefined when it is not one (an empty slider, half a number). */
export function valueOf(field) {
  const control = field.querySelector("input, select, textarea");
  switch (field.dataset.kind) {
    case "slider":
      return Number(control.value);
    case "number":
      if (control.validity.badInput) return undefined;
      return control.value === "" ? null : Number(control.value);
    case "checkbox":
      return control.checked;
    case "dropdown":
      return JSON.parse(control.value);
    case "multiselect":
      return [...field.querySelectorAll(".options input:checked")].map((box) => JSON.parse(box.value));
    case "text":
      return control.value;
    default:
      return field.dataset.value === undefined ? undefined : JSON.parse(field.dataset.value);
  }
}

/** Put the fragment of a field in place, unless the reader is using that very field now. */
export function isInUse(field) {
  return field?.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
}

export function showRange(range) {
  const share = (range.value - range.min) / (range.max - range.min || 1);
  range.style.setProperty("--at", `${share * 100}%`);
  const output = range.closest(".field").querySelector("output");
  if (output) output.textContent = range.value + (range.dataset.unit ?? "");
}

function fieldOf(target) {
  const field = target.closest?.("[data-input]");
  return field && !field.hasAttribute("data-disabled") ? field : null;
}

function changed(field) {
  const value = valueOf(field);
  if (value === undefined) {
    complain(field, "That is not a number.");
    return;
  }
  complain(field, "");
  if (field.dataset.kind === "multiselect") nameChosen(field, value);
  const text = JSON.stringify(value);
  if (said.get(field) === text) return; // A slider says "input" and then "change" for one move.
  said.set(field, text);
  say(field, "input-changed", { value });
}

function say(field, type, detail) {
  field.dispatchEvent(new CustomEvent(type, { bubbles: true, detail: { name: field.dataset.input, ...detail } }));
}

export function complain(field, sentence) {
  const error = field.querySelector(".error");
  if (!error) return;
  error.textContent = sentence;
  error.hidden = !sentence;
  field.querySelector("input, select, textarea")?.toggleAttribute("aria-invalid", Boolean(sentence));
}

function throttle(field, action) {
  const waiting = later.get(field);
  if (waiting) {
    waiting.action = action;
    return;
  }
  action();
  const entry = { action: null };
  later.set(field, entry);
  setTimeout(() => {
    later.delete(field);
    if (entry.action) throttle(field, entry.action);
  }, SLIDER_PAUSE);
}

function findOption(search) {
  const wanted = search.value.trim().toLowerCase();
  for (const label of search.closest(".popover").querySelectorAll(".options label")) {
    label.hidden = !label.textContent.toLowerCase().includes(wanted);
  }
}

function nameChosen(field, values) {
  const names = [...field.querySelectorAll(".options input:checked")].map((box) => box.parentElement.textContent.trim());
  const words = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  field.querySelector(".opens > span").textContent = values.length ? words : "None";
}

function chooseMode(button) {
  const choice = button.closest("[data-date-choice]");
  for (const other of choice.querySelectorAll("[data-mode]")) other.setAttribute("aria-pressed", other === button);
  for (const part of choice.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== button.dataset.mode;
}

function chooseDate(field, value) {
  const choice = field.querySelector("[data-date-choice]");
  if (value === undefined) {
    const relative = choice.querySelector('[data-mode="relative"]').getAttribute("aria-pressed") === "true";
    const zone = choice.dataset.zone ? ` ${choice.dataset.zone}` : "";
    if (relative) {
      const [count, unit, direction] = choice.querySelectorAll("input, select");
      if (!/^[0-9]{1,6}$/.test(count.value)) {
        complain(field, "How many days, months or years? Give a whole number.");
        return;
      }
      value = `${count.value} ${unit.value} ${direction.value}${zone}`;
    } else {
      const text = choice.querySelector('[data-for="fixed"] input').value;
      if (!text) {
        complain(field, "Choose a date.");
        return;
      }
      value = field.dataset.kind === "date" ? text : `${text.replace("T", " ").padEnd(19, ":00")}${zone}`;
    }
  }
  field.dataset.value = JSON.stringify(value);
  choice.hidePopover?.();
  complain(field, "");
  field.querySelector(".opens > span").textContent = value ?? "No date";
  say(field, "input-changed", { value });
}
