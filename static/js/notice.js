// A line that says what happened, with an action or two, floating at the foot of the page.

const SHOWN_FOR = 8_000;

/**
 * @param {{text: string, tone?: "live" | "stale" | "failed", actions?: {label: string, act: () => void}[], keep?: boolean}} notice
 * @returns {() => void} takes the notice away
 */
export function notify({ text, tone, actions = [], keep = false }) {
  const place = document.getElementById("notices-floating");
  const line = document.createElement("div");
  line.className = "notice";
  if (tone) line.dataset.tone = tone;
  line.setAttribute("role", tone === "failed" ? "alert" : "status");
  const words = document.createElement("p");
  words.textContent = text;
  line.append(words);
  const remove = () => {
    line.remove();
    if (!place.childElementCount) place.hidePopover?.();
  };
  const buttons = document.createElement("span");
  buttons.className = "buttons";
  for (const { label, act } of actions) {
    const button = document.createElement("button");
    button.className = "button small";
    button.textContent = label;
    button.addEventListener("click", () => {
      act();
      remove();
    });
    buttons.append(button);
  }
  const close = document.createElement("button");
  close.className = "button small plain";
  close.textContent = "Dismiss";
  close.addEventListener("click", remove);
  buttons.append(close);
  line.append(buttons);
  place.append(line);
  // Shown again so that it lies above a dialogue that was opened since.
  if (place.matches(":popover-open")) place.hidePopover();
  place.showPopover?.();
  let timer = 0;
  const count = () => {
    if (!keep) timer = setTimeout(remove, SHOWN_FOR);
  };
  line.addEventListener("pointerenter", () => clearTimeout(timer));
  line.addEventListener("focusin", () => clearTimeout(timer));
  line.addEventListener("pointerleave", count);
  count();
  return remove;
}
