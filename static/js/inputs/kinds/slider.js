// A slider: says its value while it is dragged, and fills its track up to there.

const PAUSE = 60; // ms between two values while it is dragged

const later = new Map();

export const value = (field) => Number(field.querySelector("input").value);

/** Whether a value of `field` waits for the pause. */
export const isDragged = (field) => later.has(field);

export function follow(root, { changed }) {
  root.addEventListener("input", ({ target }) => {
    const field = target.closest?.("[data-input]:not([data-disabled])");
    if (!field || target.type !== "range") return;
    showRange(target);
    throttle(field, () => changed(field));
  });
  root.addEventListener("fragment", ({ target }) => showRanges(target));
  showRanges(root);
}

export function showRange(range) {
  const share = (range.value - range.min) / (range.max - range.min || 1);
  range.style.setProperty("--at", `${share * 100}%`);
  const output = range.closest(".field").querySelector("output");
  if (output) output.textContent = range.value + (range.dataset.unit ?? "");
}

function showRanges(root) {
  for (const range of root.querySelectorAll("[data-input] input[type=range]")) showRange(range);
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
  }, PAUSE);
}
