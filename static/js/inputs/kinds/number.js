// A number field: null where nothing stands in it, undefined where no number does.

export function value(field) {
  const control = field.querySelector("input");
  if (control.validity.badInput) return undefined;
  return control.value === "" ? null : Number(control.value);
}
