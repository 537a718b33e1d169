/** The token that Django wants with every change; the page carries it. */
export function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}
