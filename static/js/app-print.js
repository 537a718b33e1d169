// Printing an app: all tabs, everything unfolded, and the values of the inputs in words.

addEventListener("beforeprint", () => {
  const list = document.getElementById("print-inputs");
  if (!list) return;
  list.replaceChildren(...[...document.querySelectorAll("[data-input]:not([data-kind=button])")].map(said));
});

function said(field) {
  const pair = document.createElement("div");
  pair.append(
    Object.assign(document.createElement("dt"), { textContent: nameOf(field) }),
    Object.assign(document.createElement("dd"), { textContent: valueOf(field) }),
  );
  return pair;
}

function nameOf(field) {
  const label = field.querySelector("label, .field-name:not([aria-hidden])")?.cloneNode(true);
  label?.querySelector("output")?.remove();
  return label?.textContent.trim() || field.dataset.input;
}

function valueOf(field) {
  const control = field.querySelector("input, select, textarea");
  switch (field.dataset.kind) {
    case "checkbox":
      return control.checked ? "Yes" : "No";
    case "dropdown":
      return control.selectedOptions[0]?.textContent.trim() ?? "";
    case "multiselect":
    case "date":
    case "datetime":
      return [...field.querySelectorAll(".opens > span")]
        .map((part) => part.textContent.trim())
        .filter(Boolean)
        .join(", ");
    case "file":
      return field.querySelector(".help")?.textContent.trim() || "No file";
    default:
      return control.value === "" ? "Nothing" : control.value;
  }
}
