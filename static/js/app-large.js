// A block of an app opened large: it fills the window, and goes back where it was. It is the same element, so charts go on.

let open = null; // id of the block

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-large]");
  if (!button) return;
  const block = button.closest(".block");
  if (block.matches(":popover-open")) block.hidePopover();
  else show(block);
});

document.addEventListener(
  "toggle",
  ({ target, newState }) => {
    if (!target.matches?.(".block[popover]") || newState === "open") return;
    if (open === target.id) open = null;
    name(target, "Open large");
    target.removeAttribute("popover");
    target.querySelector("[data-large]")?.focus({ preventScroll: true });
  },
  true,
);

// New results come as a new element.
document.addEventListener("fragment", ({ target }) => {
  if (open && target.id === open) show(target);
});

function show(block) {
  open = block.id;
  block.setAttribute("popover", "auto");
  block.showPopover();
  name(block, "Close");
  for (const picture of block.querySelectorAll(".output-image > img")) {
    // No larger than it is sharp.
    if (picture.naturalWidth) picture.style.setProperty("--sharp", `${Math.round(picture.naturalWidth * 1.15)}px`);
  }
  block.querySelector("[data-large]")?.focus({ preventScroll: true });
}

function name(block, words) {
  const button = block.querySelector("[data-large]");
  button?.setAttribute("aria-label", words);
  button?.setAttribute("title", words);
}
