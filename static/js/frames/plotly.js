// In a frame: draws a Plotly figure in the colours of the page. What its author chose stays; Plotly's defaults do not.
(() => {
  const HEIGHT = 400; // representations.PLOTLY_HEIGHT: the host makes room for it beforehand
  const DEFAULTS = [
    "#636efa",
    "#ef553b",
    "#00cc96",
    "#ab63fa",
    "#ffa15a",
    "#19d3f3",
    "#ff6692",
    "#b6e880",
    "#ff97ff",
    "#fecb52",
  ];
  const DEFAULT_RAMP = "#0d0887";
  function scale(colours) {
    return colours.map((colour, index) => [index / (colours.length - 1), colour]);
  }

  function templateOf(c) {
    const axis = { automargin: true, linecolor: c.axis, ticks: "", zeroline: false, gridcolor: c.grid };
    const layout = {
      colorway: c.series,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: c.font, size: 12, color: c.text },
      title: { x: 0, xanchor: "left", font: { size: 16, weight: 580, color: c.strong } },
      margin: { l: 44, r: 8, t: 40, b: 32 },
      xaxis: { ...axis, showgrid: false },
      yaxis: { ...axis, linecolor: "rgba(0,0,0,0)" },
      colorscale: {
        sequential: scale(c.ramp),
        sequentialminus: scale([...c.ramp].reverse()),
        diverging: scale(c.either),
      },
      coloraxis: { colorbar: { outlinewidth: 0, ticks: "", thickness: 12 } },
      hoverlabel: { align: "left", font: { family: c.font } },
      legend: { orientation: "h", y: 1.08, x: 0 },
      geo: { bgcolor: "rgba(0,0,0,0)", lakecolor: "rgba(0,0,0,0)", landcolor: c.grid, subunitcolor: c.ground },
      polar: { bgcolor: "rgba(0,0,0,0)", angularaxis: axis, radialaxis: axis },
    };
    return { layout };
  }

  function isDefault(template_) {
    const first = template_?.layout?.colorway?.[0];
    return !first || (first.toLowerCase() === DEFAULTS[0] && template_.layout.paper_bgcolor !== "rgb(17,17,17)");
  }

  /** A colour that Plotly Express took from the default order becomes the same place in ours. */
  function recoloured(colour, c) {
    const place = typeof colour === "string" ? DEFAULTS.indexOf(colour.toLowerCase()) : -1;
    return place < 0 ? colour : c.series[place % c.series.length];
  }

  function recolour(trace, c) {
    for (const part of [trace, trace.marker, trace.line, trace.marker?.line]) {
      if (part && typeof part === "object" && "color" in part) part.color = recoloured(part.color, c);
      if (part && typeof part === "object" && "fillcolor" in part) part.fillcolor = recoloured(part.fillcolor, c);
    }
  }

  function dress(figure, c) {
    const layout = (figure.layout ??= {});
    if (!isDefault(layout.template)) return;
    layout.template = templateOf(c);
    for (const trace of figure.data ?? []) recolour(trace, c);
    for (const frame of figure.frames ?? []) for (const trace of frame.data ?? []) recolour(trace, c);
    for (const part of Object.keys(layout).filter((name) => name.startsWith("coloraxis"))) {
      if (layout[part].colorscale?.[0]?.[1]?.toLowerCase?.() === DEFAULT_RAMP) delete layout[part].colorscale;
    }
    if (layout.margin?.t === 60 && Object.keys(layout.margin).length === 1) delete layout.margin;
  }

  async function draw() {
    const figure = hexliteFigure();
    dress(figure, hexliteTheme);
    figure.layout.height ??= HEIGHT;
    const place = document.getElementById("output");
    const fits = !figure.layout.width;
    // An empty place has no width yet, and Plotly would draw 700 pixels into any window.
    if (fits) figure.layout.width = await widthOfFrame();
    const config = { displaylogo: false, showTips: false, ...figure.config, responsive: false };
    await Plotly.newPlot(place, figure.data ?? [], figure.layout, config);
    if (figure.frames?.length) await Plotly.addFrames(place, figure.frames);
    delete document.body.dataset.drawing;
    scalable(place);
    place.on("plotly_afterplot", () => scalable(place));
    if (fits) new ResizeObserver(() => fit(place)).observe(document.body);
    hexliteOnPaper((paper, theme) => drawAsShown(place, paper, theme, config));
  }

  /** The figure again, in another theme, with what the reader has zoomed to and hidden. */
  function drawAsShown(place, paper, theme, config) {
    const figure = hexliteFigure();
    dress(figure, theme);
    const { width, height } = place._fullLayout;
    Object.assign(figure.layout, { width, height });
    for (const [name, shown] of Object.entries(place.layout)) {
      if (/^[xy]axis\d*$/.test(name) && shown.range) {
        figure.layout[name] = { ...figure.layout[name], range: shown.range, autorange: false };
      }
    }
    (figure.data ?? []).forEach((trace, index) => (trace.visible = place.data[index]?.visible ?? trace.visible));
    Plotly.newPlot(paper, figure.data ?? [], figure.layout, { ...config, staticPlot: true });
    scalable(paper);
  }

  /** On paper the frame is narrower, and nothing is drawn again: the drawing shrinks as a whole. */
  function scalable(place) {
    for (const svg of place.querySelectorAll(".main-svg")) {
      svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
    }
  }

  /** Once it has one: in a tab that is not shown it has none. */
  function widthOfFrame() {
    return new Promise((resolve) => {
      const { body } = document;
      const observer = new ResizeObserver(() => body.clientWidth && resolve(body.clientWidth));
      observer.observe(body);
      if (body.clientWidth) resolve(body.clientWidth);
    });
  }

  function fit(place) {
    const width = document.body.clientWidth;
    if (width && width !== place.layout.width) Plotly.relayout(place, { width });
  }

  draw().catch((error) => hexliteProblem(`This chart could not be drawn: ${error.message}`));
})();
