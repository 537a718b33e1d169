// <math-tex>: a formula as LaTeX, drawn by KaTeX when there is one in the page; until then, and without it, the source.

const KATEX = "/static/vendor/katex/";

let library;

function katex() {
  library ??= Promise.all([import(`${KATEX}katex.mjs`), styles()]).then(([module]) => module.default);
  return library;
}

function styles() {
  return new Promise((resolve, reject) => {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${KATEX}katex.min.css` });
    sheet.onload = resolve;
    sheet.onerror = () => reject(new Error("KaTeX's styles could not be loaded."));
    document.head.append(sheet);
  });
}

class MathTex extends HTMLElement {
  async connectedCallback() {
    if (this.hasAttribute("data-drawn")) return;
    const source = this.textContent;
    this.title ||= source;
    const { render } = await katex();
    render(source, this, {
      displayMode: this.getAttribute("display") === "block",
      throwOnError: false, // a formula with a mistake is shown as it was written
      errorColor: "currentColor",
      trust: false, // no links, no pictures, no HTML from a formula
      strict: "ignore",
      maxSize: 20,
      maxExpand: 1000,
    });
    this.removeAttribute("title");
    this.setAttribute("data-drawn", "");
  }
}

customElements.define("math-tex", MathTex);
