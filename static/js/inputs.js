// The controls of inputs: reads what a person did as a JSON value, and writes what others did.
// Says "input-changed" {name, value}, "input-pressed" {name} and "input-file" {name, file} on the field.

import { chosen, followChoices, nameChosen } from "./inputs/choices.js";
import { followDates } from "./inputs/date-choice.js";

const SLIDER_PAUSE = 60; // ms between two values while a slider is dragged

const later = new Map();
const said = new WeakMap();

/** Follow every field inside `root`; fields that come later are followed too. */
export function followInputs(root) {
  root.addEventListener("input", (event) => {
    const field = fieldOf(event.target);
    if (field && event.target.type === "range") {
      showRange(event.target);
      throttle(field, () => changed(field));
    }
  });
  root.addEventListener("change", (event) => {
    const field = fieldOf(event.target);
    if (!field || event.target.type === "search" || event.target.closest("[data-date-choice]")) return;
    if (event.target.type === "file") chooseFile(field, event.target);
    else changed(field);
  });
  root.addEventListener("keydown", (event) => {
    const field = fieldOf(event.target);
    // Enter makes a new line there; with Ctrl or ⌘ the text counts.
    if (field && event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea"))
      changed(field);
  });
  root.addEventListener("click", (event) => {
    const field = fieldOf(event.target);
    if (!field) return;
    if (event.target.closest("[data-press]")) say(field, "input-pressed", {});
    if (event.target.closest("[data-remove-file]")) say(field, "input-changed", { value: null });
  });
  root.addEventListener("submit", (event) => {
    if (event.target.matches("[data-inputs]")) event.preventDefault();
  });
  root.addEventListener("fragment", ({ target }) => showRanges(target));
  followDates(root, { changed, complain });
  followChoices(root, { changed });
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
      return chosen(field);
    case "text":
      return control.value;
    default:
      return field.dataset.value === undefined ? undefined : JSON.parse(field.dataset.value);
  }
}

/** Whether somebody is at work in `field` right now: drags, has its popover open, or typed what was not sent yet. */
export function isAtWork(field) {
  if (later.has(field) || field.matches("[aria-busy]")) return true;
  if (field.querySelector(":popover-open, input[type=range]:active")) return true;
  const active = document.activeElement;
  if (!field.contains(active) || !active.matches("textarea, [type=text], [type=number]")) return false;
  return active.value !== active.defaultValue && JSON.stringify(valueOf(field)) !== said.get(field);
}

export function showRange(range) {
  const share = (range.value - range.min) / (range.max - range.min || 1);
  range.style.setProperty("--at", `${share * 100}%`);
  const output = range.closest(".field").querySelector("output");
  if (output) output.textContent = range.value + (range.dataset.unit ?? "");
}

/** What is wrong with what stands in a field, under it; "" takes that back. */
export function complain(field, sentence) {
  const error = field.querySelector(".error");
  if (!error) return;
  error.textContent = sentence;
  error.hidden = !sentence;
  for (const control of field.querySelectorAll("input, select, textarea, .opens")) {
    if (sentence) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
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
  if (field.dataset.kind === "multiselect") nameChosen(field);
  const text = JSON.stringify(value);
  if (said.get(field) === text) return; // A slider says "input" and then "change" for one move.
  said.set(field, text);
  say(field, "input-changed", { value });
}

function chooseFile(field, control) {
  const file = control.files[0];
  if (!file) return;
  complain(field, "");
  say(field, "input-file", { file });
}

function say(field, type, detail) {
  field.dispatchEvent(
    new CustomEvent(type, { bubbles: true, detail: { name: field.dataset.input, field, ...detail } }),
  );
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
