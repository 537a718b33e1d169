// The controls of inputs: reads what a person did as a JSON value, and writes what others did.
// Says "input-changed" {name, value}, "input-pressed" {name} and "input-file" {name, file} on the field.

import kinds from "hexlite:input-kinds";
import { isDragged } from "./inputs/kinds/slider.js";

export { showRange } from "./inputs/kinds/slider.js";

const said = new WeakMap();

/** Follow every field inside `root`; fields that come later are followed too. */
export function followInputs(root) {
  root.addEventListener("change", (event) => {
    const field = fieldOf(event.target);
    if (!field || event.target.type === "search" || event.target.closest("[data-date-choice]")) return;
    const { choose } = kindOf(field);
    if (choose && event.target.type === "file") choose(field, event.target, { complain, say });
    else changed(field);
  });
  root.addEventListener("submit", (event) => {
    if (event.target.matches("[data-inputs]")) event.preventDefault();
  });
  for (const kind of Object.values(kinds)) kind.follow?.(root, { changed, complain, say });
}

/** The value that `field` shows, as JSON; undefined when it is not one (half a number). */
export function valueOf(field) {
  return kindOf(field).value(field);
}

/** The value in words, for paper; null for what has none. */
export function wordsOf(field) {
  const { words, value } = kindOf(field);
  if (words) return words(field);
  const shown = value(field);
  return shown === "" || shown === null || shown === undefined ? "Nothing" : String(shown);
}

/** Whether somebody is at work in `field` right now: drags, has its popover open, or typed what was not sent yet. */
export function isAtWork(field) {
  if (isDragged(field) || field.matches("[aria-busy]")) return true;
  if (field.querySelector(":popover-open, input[type=range]:active")) return true;
  const active = document.activeElement;
  if (!field.contains(active) || !active.matches("textarea, [type=text], [type=number]")) return false;
  return active.value !== active.defaultValue && JSON.stringify(valueOf(field)) !== said.get(field);
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

function kindOf(field) {
  return kinds[field.dataset.kind];
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
  kindOf(field).shown?.(field);
  const text = JSON.stringify(value);
  if (said.get(field) === text) return; // A slider says "input" and then "change" for one move.
  said.set(field, text);
  say(field, "input-changed", { value });
}

function say(field, type, detail) {
  field.dispatchEvent(
    new CustomEvent(type, { bubbles: true, detail: { name: field.dataset.input, field, ...detail } }),
  );
}
