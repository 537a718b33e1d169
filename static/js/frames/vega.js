// In a frame: draws a Vega or Vega-Lite chart in the colours of the page; a chart without a width takes all there is.
(() => {
  const configOf = (c) => ({
    background: null,
    font: c.font,
    view: { stroke: null },
    range: { category: c.series, ordinal: c.ramp, ramp: c.ramp, heatmap: c.ramp, diverging: c.either },
    mark: { color: c.series[0] },
    axis: {
      labelColor: c.text,
      titleColor: c.text,
      labelFontSize: 12,
      titleFontWeight: 500,
      gridColor: c.grid,
      domainColor: c.axis,
      ticks: false,
      labelPadding: 6,
    },
    axisX: { grid: false },
    axisY: { domain: false, titleAngle: 0, titleAlign: "left", titleY: -10 },
    title: { anchor: "start", fontSize: 16, fontWeight: 580, color: c.strong, subtitleColor: c.text },
    legend: { orient: "top", offset: 24, labelColor: c.text, titleColor: c.text },
    header: { labelColor: c.text, titleColor: c.text },
    text: { color: c.text },
    line: { strokeWidth: 1.75, strokeCap: "round" },
    point: { filled: true, size: 36, opacity: 0.62 },
    rule: { color: c.axis },
  });

  function isSingleView(spec) {
    const facets = ["row", "column", "facet"].some((channel) => spec.encoding && channel in spec.encoding);
    return (spec.mark || spec.layer) && !facets;
  }

  function isLite(spec) {
    return /vega-lite/.test(spec.$schema ?? "") || spec.mark || spec.layer;
  }

  function fitted(spec) {
    if (!isLite(spec) || spec.width !== undefined || !isSingleView(spec)) return spec;
    return { ...spec, width: "container", autosize: spec.autosize ?? { type: "fit-x", contains: "padding" } };
  }

  async function draw() {
    const place = document.getElementById("output");
    const config = configOf(hexliteTheme);
    await vegaEmbed(place, fitted(hexliteFigure()), {
      actions: false,
      renderer: "svg",
      config,
      tooltip: { theme: "custom" },
    });
    delete document.body.dataset.drawing;
    hexliteOnPaper(drawAtOnce);
  }

  /** Without waiting, which vegaEmbed does. */
  function drawAtOnce(paper, theme) {
    const spec = fitted(hexliteFigure());
    if (spec.width === "container") spec.width = document.body.clientWidth; // a view has no container yet
    const config = configOf(theme);
    const parsed = isLite(spec) ? vega.parse(vegaLite.compile(spec, { config }).spec) : vega.parse(spec, config);
    paper.classList.add("vega-embed");
    new vega.View(parsed, { renderer: "svg" }).initialize(paper).run();
  }

  draw().catch((error) => hexliteProblem(`This chart could not be drawn: ${error.message}`));
})();
