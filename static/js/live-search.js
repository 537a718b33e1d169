// A search form that answers while one types: <form data-live-search="#list">. The server renders the page; the part
// with that id is taken from it, and the address follows, so that a reload or a shared link shows the same.

const PAUSE = 120;

let timer = 0;
let latest = 0;

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-live-search]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => search(form), PAUSE);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-live-search]")) return;
  event.preventDefault();
  clearTimeout(timer);
  search(form);
});

async function search(form) {
  const number = ++latest;
  const parameters = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...parameters]) if (!value) parameters.delete(name);
  const address = `${form.getAttribute("action")}${parameters.size ? `?${parameters}` : ""}`;
  const place = document.querySelector(form.dataset.liveSearch);
  place.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address);
    if (number !== latest) return; // A later search is under way.
    if (!response.ok) return location.assign(address);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = page.querySelector(form.dataset.liveSearch);
    if (!found) return location.assign(address);
    place.replaceChildren(...found.childNodes);
    history.replaceState(null, "", address);
  } finally {
    if (number === latest) place.removeAttribute("aria-busy");
  }
}
