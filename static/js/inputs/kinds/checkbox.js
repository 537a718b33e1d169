// A checkbox: true or false.

export const value = (field) => field.querySelector("input").checked;

export const words = (field) => (value(field) ? "Yes" : "No");
