// Light, dark, or as the system says; kept in a cookie so that the server paints the right one at once.

const THEMES = ["", "light", "dark"];

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-next]")) return;
  const now = document.documentElement.dataset.theme ?? "";
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
});

export function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31_536_000 : 0}; samesite=lax`;
  document.dispatchEvent(new CustomEvent("theme", { detail: theme }));
}
