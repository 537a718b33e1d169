// Printing an app: all tabs, everything unfolded, and the values of the inputs in words.

import { wordsOf } from "./inputs.js";

addEventListener("beforeprint", () => {
  const list = document.getElementById("print-inputs");
  if (!list) return;
  list.replaceChildren(...[...document.querySelectorAll("[data-input]")].map(said).filter(Boolean));
});

function said(field) {
  const value = wordsOf(field);
  if (value === null) return null;
  const pair = document.createElement("div");
  pair.append(
    Object.assign(document.createElement("dt"), { textContent: nameOf(field) }),
    Object.assign(document.createElement("dd"), { textContent: value }),
  );
  return pair;
}

function nameOf(field) {
  const label = field.querySelector("label, .field-name:not([aria-hidden])")?.cloneNode(true);
  label?.querySelector("output")?.remove();
  return label?.textContent.trim() || field.dataset.input;
}
