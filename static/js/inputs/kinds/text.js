// A text field, of one line or several.

export const value = (field) => field.querySelector("input, textarea").value;

export function follow(root, { changed }) {
  root.addEventListener("keydown", (event) => {
    const field = event.target.closest?.("[data-input]:not([data-disabled])");
    // Enter makes a new line there; with Ctrl or ⌘ the text counts.
    if (field && event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea"))
      changed(field);
  });
}
