// Copies a text, and says on the button that it did.

const SAID_FOR = 2000;

/**
 * @param {string} text
 * @param {HTMLElement} button its last text becomes “Copied” for two seconds
 */
export async function copyText(text, button) {
  const said = (await write(text)) ? "Copied" : "Could not copy";
  const words = [...button.childNodes].findLast((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!words || button.dataset.said) return;
  const before = words.data;
  button.dataset.said = said;
  words.data = said;
  setTimeout(() => {
    words.data = before;
    delete button.dataset.said;
  }, SAID_FOR);
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeByCommand(text); // no clipboard over plain http, or none allowed
  }
}

function writeByCommand(text) {
  const field = Object.assign(document.createElement("textarea"), { value: text });
  field.className = "visually-hidden";
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus?.({ preventScroll: true });
  return copied;
}
