// The tabs of an app, and the table of contents, which opens the tab that a heading is on.

/** @param {HTMLElement} root the app */
export function followTabs(root) {
  const list = root.querySelector("[role=tablist]");
  list?.addEventListener("click", ({ target }) => chooseTab(target.closest("[role=tab]")));
  list?.addEventListener("keydown", (event) => {
    const tabs = [...list.querySelectorAll("[role=tab]")];
    const at = tabs.indexOf(document.activeElement);
    const next = {
      ArrowRight: tabs[(at + 1) % tabs.length],
      ArrowLeft: tabs.at(at - 1),
      Home: tabs[0],
      End: tabs.at(-1),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    chooseTab(next);
    next.focus();
  });
  const reveal = () => showTabOf(document.getElementById(decodeURIComponent(location.hash.slice(1))));
  addEventListener("hashchange", reveal);
  reveal();
  followContents(root);
}

export function chooseTab(tab) {
  if (!tab) return;
  for (const other of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
}

function showTabOf(element) {
  const panel = element?.closest("[role=tabpanel]");
  if (!panel?.hidden) return;
  chooseTab(document.getElementById(panel.getAttribute("aria-labelledby")));
  element.scrollIntoView();
}

/** The heading that is read is marked in the contents. */
function followContents(root) {
  const links = new Map(
    [...root.querySelectorAll(".toc a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]),
  );
  if (!links.size) return;
  const observer = new IntersectionObserver(
    (entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting).map((entry) => links.get(entry.target.id));
      if (!seen.length) return;
      for (const link of links.values()) link.removeAttribute("aria-current");
      seen[0].setAttribute("aria-current", "true");
    },
    { rootMargin: "-15% 0px -65% 0px" },
  );
  for (const id of links.keys()) {
    const heading = document.getElementById(id);
    if (heading) observer.observe(heading);
  }
}
