// Builds static/vendor/ from packages and from static/: nothing in it is kept in the repository.
//   node scripts/build_static.mjs            everything
//   node scripts/build_static.mjs --own      only what is made of our own files (under a second)
// PLOTLY_JS: path of the plotly.min.js that the kernels' plotly package ships, so that the versions match.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const from = (...parts) => join(root, "node_modules", ...parts);
const to = (...parts) => join(root, "static", "vendor", ...parts);
const ownOnly = process.argv.includes("--own");

// In the order in which they build on each other; a page's own sheets come last.
const SHEETS = (
  "tokens fonts base layout controls surfaces data charts thread ansi outputs pages palette " +
  "app publish notices share inputs session links words presenting"
).split(" ");
// What outputs in frames are drawn with: a frame is a document of its own.
const FRAME_SHEETS = "tokens fonts data charts frame".split(" ");

const sheet = {
  bundle: true,
  minify: true,
  external: ["*.woff2"],
  target: "es2022",
  logLevel: "warning",
};

// `hexlite:input-kinds` is every module of static/js/inputs/kinds/ by its name: a kind is there because its file is.
const inputKinds = {
  name: "input-kinds",
  setup(building) {
    const folder = join(root, "static/js/inputs/kinds");
    building.onResolve({ filter: /^hexlite:input-kinds$/ }, ({ path }) => ({ path, namespace: "input-kinds" }));
    building.onLoad({ filter: /.*/, namespace: "input-kinds" }, () => {
      const names = readdirSync(folder).map((file) => file.replace(/\.js$/, ""));
      const imports = names.map((name) => `import * as ${name}_ from "./${name}.js";`);
      const contents = `${imports.join("\n")}\nexport default { ${names.map((name) => `${name}: ${name}_`).join(", ")} };`;
      return { contents, resolveDir: folder };
    });
  },
};

// CodeMirror writes its own styles. A page without inline styles (CSP) takes them as a constructed sheet only, which the
// library keeps for shadow roots; and they go into the lowest layer, so that editor.css wins.
const editorStyles = {
  name: "editor-styles",
  setup(building) {
    building.onLoad({ filter: /style-mod[\\/]src[\\/]style-mod\.js$/ }, ({ path }) => {
      const changed = readFileSync(path, "utf8")
        .replace("!root.head && root.adoptedStyleSheets", "root.adoptedStyleSheets")
        .replace("insertRule(mod.rules[k], pos++)", "insertRule(`@layer reset { ${mod.rules[k]} }`, pos++)");
      if (!changed.includes("@layer reset") || changed.includes("!root.head &&")) {
        throw new Error("style-mod has changed: see editorStyles in scripts/build_static.mjs");
      }
      return { contents: changed, loader: "js" };
    });
  },
};

if (!ownOnly) {
  rmSync(to(), { recursive: true, force: true });
  await libraries();
}
for (const folder of ["css", "js"]) rmSync(to(folder), { recursive: true, force: true }); // Names of chunks change.
await styles();
await pages();

async function libraries() {
  copy(from("@fontsource-variable/instrument-sans/files"), to("fonts"), /latin(-ext)?-wdth-normal\.woff2$/);
  copy(from("@fontsource-variable/jetbrains-mono/files"), to("fonts"), /latin-wght-normal\.woff2$/);
  await katex();
  for (const name of ["vega", "vega-lite", "vega-embed"]) {
    mkdirSync(to(name), { recursive: true });
    // Without the comment that names a source map: we don't ship it, and collectstatic would look for it.
    const library = readFileSync(from(name, "build", `${name}.min.js`), "utf8");
    writeFileSync(to(name, `${name}.min.js`), library.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n"));
  }
  mkdirSync(to("plotly"), { recursive: true });
  if (process.env.PLOTLY_JS) cpSync(process.env.PLOTLY_JS, to("plotly/plotly.min.js"));
  icons();
  cpSync(join(root, "static/mark.svg"), to("mark.svg"));
  await build({
    entryPoints: [join(root, "static/js/editor/bundle-entry.js")],
    outfile: to("codemirror/codemirror.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    logLevel: "warning",
    plugins: [editorStyles],
  });
}

/** KaTeX with its fonts in the one format that every browser we serve can read. */
async function katex() {
  copy(from("katex/dist/fonts"), to("katex/fonts"), /\.woff2$/);
  const css = readFileSync(from("katex/dist/katex.min.css"), "utf8");
  writeFileSync(to("katex/katex.min.css"), css.replace(/,url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)/g, ""));
  await build({
    entryPoints: [from("katex/dist/katex.mjs")],
    outfile: to("katex/katex.mjs"),
    minify: true,
    format: "esm",
    logLevel: "warning",
  });
}

/** One sheet of symbols, each with the id that the templates use. */
function icons() {
  const names = JSON.parse(readFileSync(join(root, "scripts/icons.json"), "utf8"));
  const symbols = Object.entries(names).map(([id, name]) => {
    const svg = readFileSync(from("lucide-static/icons", `${name}.svg`), "utf8");
    const inside = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
    return `<symbol id="i-${id}" viewBox="0 0 24 24">${inside.replace(/\s+/g, " ").trim()}</symbol>`;
  });
  writeFileSync(to("icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

/** hexlite.css for every page, and one small sheet for each that only some pages need. */
async function styles() {
  const css = join(root, "static/css");
  const own = readdirSync(css).map((file) => file.replace(/\.css$/, ""));
  const extra = own.filter((name) => !SHEETS.includes(name) && !FRAME_SHEETS.includes(name));
  for (const [name, sheets] of [
    ["hexlite", SHEETS],
    ["frame", FRAME_SHEETS],
  ]) {
    await build({
      stdin: { contents: sheets.map((part) => `@import "./${part}.css";`).join("\n"), resolveDir: css, loader: "css" },
      outfile: to(`${name}.css`),
      ...sheet,
    });
  }
  if (extra.length) {
    await build({ entryPoints: extra.map((name) => join(css, `${name}.css`)), outdir: to("css"), ...sheet });
  }
}

/** One bundle for each entry in static/js/pages/; what several share is in chunks. */
async function pages() {
  const folder = join(root, "static/js/pages");
  const entries = readdirSync(folder).filter((file) => file.endsWith(".js"));
  await build({
    entryPoints: entries.map((file) => join(folder, file)),
    outdir: to("js"),
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    sourcemap: true,
    target: "es2022",
    external: ["/static/*"],
    plugins: [inputKinds],
    logLevel: "warning",
  });
}

function copy(folder, target, pattern) {
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(folder)) if (pattern.test(file)) cpSync(join(folder, file), join(target, file));
}
