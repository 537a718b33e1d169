// J and K on a run's page: the run after, the run before. The links in the bar say so themselves (aria-keyshortcuts).

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (
    event.target.closest?.("input, select, textarea, [contenteditable], dialog") ||
    document.querySelector("dialog:modal")
  )
    return;
  const link = [...document.querySelectorAll("a[aria-keyshortcuts]")].find(
    (each) => each.getAttribute("aria-keyshortcuts").toLowerCase() === event.key,
  );
  if (!link) return;
  event.preventDefault();
  link.click();
});
