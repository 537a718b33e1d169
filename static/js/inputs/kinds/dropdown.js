// A dropdown: one of several options, each carrying its value as JSON.

export const value = (field) => JSON.parse(field.querySelector("select").value);

export const words = (field) => field.querySelector("select").selectedOptions[0]?.textContent.trim() ?? "";
