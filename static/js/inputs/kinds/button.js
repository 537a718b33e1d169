// A run button: it has no value to keep; pressing it says so.

export const value = () => undefined;

export const words = () => null;

export function follow(root, { say }) {
  root.addEventListener("click", ({ target }) => {
    const field = target.closest("[data-press]")?.closest("[data-input]");
    if (field && !field.hasAttribute("data-disabled")) say(field, "input-pressed", {});
  });
}
