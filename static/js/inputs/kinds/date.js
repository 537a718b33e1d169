// The popover of a date: so many days ago, or on a date. What is chosen counts at once; a sentence says what it means.

import { isZone, offerZones, todayIn } from "../zones.js";

const PAUSE_AFTER_TYPING = 400; // ms
const WORDS = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

const waiting = new WeakMap();

export const value = (field) => JSON.parse(field.dataset.value);

/** What stands on the button: the words, and what they mean. */
export function words(field) {
  return [...field.querySelectorAll(".opens > span")]
    .map((part) => part.textContent.trim())
    .filter(Boolean)
    .join(", ");
}

/** Follow the dates inside `root`; `changed(field)` is called with the new value in `field.dataset.value`. */
export function follow(root, { changed, complain }) {
  const choose = (choice) => {
    clearTimeout(waiting.get(choice));
    const field = choice.closest("[data-input]");
    const { value, problem } = read(choice);
    complain(field, problem);
    if (problem || value === undefined) return;
    show(field, choice, value);
    changed(field);
  };
  root.addEventListener("input", ({ target }) => {
    const choice = target.closest("[data-date-choice]");
    if (!choice || target.matches("select")) return;
    clearTimeout(waiting.get(choice));
    waiting.set(
      choice,
      setTimeout(() => choose(choice), PAUSE_AFTER_TYPING),
    );
  });
  root.addEventListener("change", ({ target }) => {
    const choice = target.closest("[data-date-choice]");
    if (choice) choose(choice);
  });
  root.addEventListener("keydown", (event) => {
    const choice = event.target.closest?.("[data-date-choice]");
    if (!choice || event.key !== "Enter" || !event.target.matches("input")) return;
    event.preventDefault();
    choose(choice);
    if (choice.closest("[data-input]").querySelector(".error").hidden) choice.hidePopover();
  });
  root.addEventListener("click", ({ target }) => {
    const choice = target.closest("[data-date-choice]");
    if (!choice) return;
    const mode = target.closest("[data-mode]");
    if (mode) chooseMode(choice, mode);
    if (target.closest("[data-clear]")) {
      const field = choice.closest("[data-input]");
      complain(field, "");
      show(field, choice, null);
      changed(field);
      choice.hidePopover();
    }
  });
  root.addEventListener(
    "toggle",
    ({ target, newState }) => {
      if (newState !== "open" || !target.matches?.("[data-date-choice]")) return;
      offerZones();
      explain(target);
    },
    true,
  );
}

function modeOf(choice) {
  return choice.querySelector('[data-mode][aria-pressed="true"]').dataset.mode;
}

function chooseMode(choice, button) {
  for (const other of choice.querySelectorAll("[data-mode]")) other.setAttribute("aria-pressed", other === button);
  for (const part of choice.querySelectorAll("[data-for]")) part.hidden = part.dataset.for !== button.dataset.mode;
  explain(choice);
}

/** What the popover says now: a value of the input, undefined while it says nothing yet, or what is wrong. */
function read(choice) {
  const zone = zoneOf(choice);
  if (zone === null) return { problem: "Time zones have names such as Europe/Berlin." };
  const named = zone ? ` ${zone}` : "";
  if (modeOf(choice) === "relative") {
    const { count, unit, direction } = relative(choice);
    if (!/^[0-9]{1,6}$/.test(count)) return { problem: "How many? Give a whole number." };
    return { value: `${Number(count)} ${unit} ${direction}${named}`, problem: "" };
  }
  const field = choice.querySelector('[data-for="fixed"] input');
  if (field.validity.badInput) return { problem: "That is not a date." };
  if (!field.value) return { value: undefined, problem: "" };
  if (field.type === "date") return { value: field.value, problem: "" };
  return { value: `${field.value.replace("T", " ").slice(0, 19).padEnd(19, ":00")}${named}`, problem: "" };
}

function relative(choice) {
  const [count, unit, direction] = choice.querySelectorAll('[data-for="relative"] :is(input, select)');
  return { count: count.value.trim(), unit: unit.value, direction: direction.value };
}

/** The zone that is named, "" for none, null for what is no zone. */
function zoneOf(choice) {
  const field = choice.querySelector("[data-zone-name]");
  const zone = field ? field.value.trim() : choice.dataset.zone;
  return !zone || isZone(zone) ? zone : null;
}

/** The value on the button that opens the popover, in the words the server uses. */
function show(field, choice, value) {
  field.dataset.value = JSON.stringify(value);
  const [said, beside] = field.querySelectorAll(".opens > span");
  beside.textContent = "";
  if (value === null) said.textContent = "No date";
  else if (modeOf(choice) === "relative") {
    const { count, unit, direction } = relative(choice);
    said.textContent = `${Number(count)} ${Number(count) === 1 ? unit.slice(0, -1) : unit} ${direction}`;
    const day = meant(choice);
    beside.textContent = day ? SHORT.format(day) : "";
  } else {
    const [date, time = "", zone = ""] = value.split(" ");
    said.textContent = SHORT.format(new Date(`${date}T00:00:00Z`)) + (time ? `, ${time.slice(0, 5)}` : "");
    if (time) beside.textContent = zone || "UTC";
  }
  explain(choice);
}

function explain(choice) {
  const place = choice.querySelector("[data-means]");
  if (!place) return;
  if (modeOf(choice) !== "relative") {
    place.textContent = choice.dataset.kind === "datetime" ? "The time in this time zone; UTC without one." : "";
    return;
  }
  const day = meant(choice);
  const clock = choice.dataset.kind === "datetime" ? ", at the time of the run" : "";
  place.textContent = day ? `${WORDS.format(day)}${clock}, counted from each run.` : "Counted from each run.";
}

/** The day a relative date means now; months and years end where the month ends. */
function meant(choice) {
  const { count, unit, direction } = relative(choice);
  const zone = zoneOf(choice);
  if (zone === null || !/^[0-9]{1,6}$/.test(count)) return null;
  const [year, month, day] = todayIn(zone);
  const signed = direction === "ago" ? -Number(count) : Number(count);
  if (unit === "days") return valid(new Date(Date.UTC(year, month - 1, day + signed)));
  const months = year * 12 + month - 1 + (unit === "years" ? 12 * signed : signed);
  const last = new Date(Date.UTC(Math.floor(months / 12), (months % 12) + 1, 0)).getUTCDate();
  return valid(new Date(Date.UTC(Math.floor(months / 12), months % 12, Math.min(day, last))));
}

function valid(day) {
  const year = day.getUTCFullYear();
  return year >= 1 && year <= 9999 ? day : null;
}
