// The one way in which a page changes: an element is replaced by the fragment with its id, from a response or a socket.

/**
 * Put a fragment in place. `sequence` (or null) is the event it was rendered after: a page never goes back to an
 * older one. Focus, the caret and open <details> survive. Dispatches "fragment" on the new element.
 * @param {{id: string, html: string, sequence?: number | null}} fragment
 * @returns {Element | null} the new element, null when the page has no such place or shows a later one
 */
export function apply({ id, html, sequence = null }) {
  const old = document.getElementById(id);
  if (!old) return null;
  if (sequence !== null && Number(old.dataset.sequence || 0) > sequence) return null;
  const next = parse(html);
  if (!next) return null;
  if (sequence !== null) next.dataset.sequence = String(sequence);
  if (old.hidden) next.hidden = true;
  keepOpenDetails(old, next);
  const focus = rememberFocus(old);
  old.replaceWith(next);
  focus(next);
  next.dispatchEvent(new CustomEvent("fragment", { bubbles: true, detail: { id, sequence } }));
  return next;
}

/** Send a form or a request, and put every fragment of the answer in place: `<template data-fragment="id">` each. */
export async function request(url, options = {}) {
  const response = await fetch(url, options);
  if (response.headers.get("Content-Type")?.startsWith("text/html")) {
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const template of page.querySelectorAll("template[data-fragment]")) {
      apply({ id: template.dataset.fragment, html: template.innerHTML });
    }
  }
  return response;
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function keepOpenDetails(old, next) {
  const before = old.querySelectorAll("details");
  const after = next.querySelectorAll("details");
  if (before.length !== after.length) return;
  before.forEach((details, index) => {
    after[index].open = details.open;
  });
}

function rememberFocus(old) {
  const active = document.activeElement;
  if (!active || !old.contains(active)) return () => {};
  const id = active.id;
  const selection = "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  return (next) => {
    const target = id ? document.getElementById(id) : next.querySelector(active.tagName);
    target?.focus({ preventScroll: true });
    if (target && selection && selection[0] !== null) {
      try {
        target.setSelectionRange(...selection);
      } catch (error) {
        if (!(error instanceof DOMException)) throw error; // A number or a slider has no caret.
      }
    }
  };
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-stream]")) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  const response = await request(form.action, { method: form.method, body });
  form.dispatchEvent(new CustomEvent("streamed", { bubbles: true, detail: { response } }));
});
