// The one way in which a page changes: an element is replaced by the fragment with its id, from a response or a socket.
//
//   <form data-stream>, <a data-stream>   are sent by fetch; the answer holds <template data-fragment="id"> for each
//                                         element to replace. Afterwards they dispatch "streamed" with the response.
//   apply({ id, html, sequence })         what a socket's message asks for

import { csrfToken } from "./csrf.js";
import { notify } from "./notice.js";
import { replace } from "./outputs/replace.js";

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
  replace(old, next);
  focus(next);
  next.dispatchEvent(new CustomEvent("fragment", { bubbles: true, detail: { id, sequence } }));
  return next;
}

/** Ask, and put every fragment of the answer in place. @returns {Promise<Response>} its body is read already */
export async function request(address, options = {}) {
  const headers = new Headers(options.headers);
  headers.set("X-Fragment", "stream");
  if (options.method && options.method.toLowerCase() !== "get") headers.set("X-CSRFToken", csrfToken());
  const response = await fetch(address, { ...options, headers });
  if (!response.headers.get("Content-Type")?.startsWith("text/html")) return response;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fragments = page.querySelectorAll("template[data-fragment]");
  for (const template of fragments) apply({ id: template.dataset.fragment, html: template.innerHTML });
  if (response.ok && response.redirected && !fragments.length) {
    location.assign(response.url); // To the sign-in page, or to what was made.
  }
  if (!response.ok && !fragments.length) {
    notify({
      tone: "failed",
      text: page.querySelector(".said p")?.textContent.trim() ?? "This did not work. Nothing was changed.",
    });
  }
  return response;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-stream]")) return;
  event.preventDefault();
  const { submitter } = event;
  const data = new FormData(form, submitter);
  const method = (submitter?.getAttribute("formmethod") ?? form.getAttribute("method") ?? "get").toLowerCase();
  // Attributes, because a field may be called "action" or "method" and hide the form's own.
  const address = new URL(submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location.href);
  if (method === "get") address.search = new URLSearchParams(data).toString();
  send(form, address, method === "get" ? {} : { method, body: data });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-stream]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  send(link, link.href);
});

async function send(element, address, options) {
  element.setAttribute("aria-busy", "true");
  try {
    const response = await request(address, options);
    element.dispatchEvent(new CustomEvent("streamed", { bubbles: true, detail: { response } }));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // What fetch says when there is no connection.
    notify({ tone: "failed", text: "No connection. Nothing was changed; try again when it is back." });
  } finally {
    element.removeAttribute("aria-busy");
  }
}

/** Whether an element is what a fragment would put in its place: replacing it would only take it from under a hand. */
export function isDrawn(element, html) {
  const next = parse(html);
  if (!next) return false;
  if (element.dataset.sequence !== undefined) next.dataset.sequence = element.dataset.sequence;
  if (element.hidden) next.hidden = true;
  return next.isEqualNode(element);
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
  const { id, tagName } = active;
  const place = [...old.querySelectorAll(tagName)].indexOf(active); // -1: the element itself has the focus
  const selection = "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  return (next) => {
    const same = id && document.getElementById(id);
    const target = same || (place < 0 ? next : next.querySelectorAll(tagName)[place]);
    target?.focus({ preventScroll: true });
    if (target?.setSelectionRange && selection && selection[0] !== null) target.setSelectionRange(...selection);
  };
}
