// In a frame: the colours of charts (design README, section 6) for the theme that the page has.
const hexliteThemes = (() => {
  const LIGHT = {
    series: ["#2b509f", "#ca7f00", "#08a693", "#83044e", "#936dd9", "#756004", "#a3a8af"],
    ramp: ["#e5f5f9", "#b3e2f0", "#7cc6e4", "#4da1d8", "#3475c4", "#274d9e", "#1a2f63"],
    either: ["#83044e", "#b5638d", "#dcb6ca", "#eceef1", "#b3c1e0", "#6683c0", "#2b509f"],
    text: "#5d646d",
    strong: "#191c22",
    grid: "#e0e3e7",
    axis: "#a3a8af",
    ground: "#ffffff",
  };
  const DARK = {
    series: ["#5979eb", "#f1a72f", "#76e6ca", "#f8578e", "#b9a4fe", "#8d7707", "#565b63"],
    ramp: ["#181f2e", "#1f3361", "#2a4e99", "#3475c4", "#4da1d8", "#80c9e8", "#c4edf7"],
    either: ["#f8578e", "#b24a70", "#6a3a50", "#262a31", "#33446f", "#4860ae", "#5979eb"],
    text: "#a3a8af",
    strong: "#eceef1",
    grid: "#262a31",
    axis: "#414852",
    ground: "#121418",
  };
  const font = "Instrument Sans Variable, system-ui, sans-serif";
  return { light: { ...LIGHT, font }, dark: { ...DARK, font } };
})();

const hexliteIsDark = (() => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
})();

const hexliteTheme = hexliteIsDark ? hexliteThemes.dark : hexliteThemes.light;

/**
 * Paper is light: a chart that is dark on the screen is drawn once more in place of it for as long as it is printed.
 * @param {(place: Element, theme: object) => void} draw what has to be done when it returns: a browser waits for nothing
 */
function hexliteOnPaper(draw) {
  if (!hexliteIsDark) return;
  const screen = document.getElementById("output");
  let paper = null;

  function print(begins) {
    if (begins === Boolean(paper)) return;
    if (!begins) {
      paper.remove();
      paper = null;
      screen.hidden = false;
      return;
    }
    paper = document.createElement("div");
    paper.className = "paper";
    screen.before(paper);
    try {
      draw(paper, hexliteThemes.light);
      screen.hidden = true;
    } catch {
      paper.hidden = true; // It is printed as it is on the screen.
    }
  }

  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", ({ matches }) => print(matches));
}

/** A sentence in place of a chart that can't be drawn. */
function hexliteProblem(sentence) {
  const line = document.createElement("p");
  line.className = "quiet";
  line.textContent = sentence;
  document.getElementById("output").replaceChildren(line);
  delete document.body.dataset.drawing;
}

function hexliteFigure() {
  return JSON.parse(document.getElementById("figure").textContent);
}
