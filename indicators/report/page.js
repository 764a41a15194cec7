"use strict";
// Draws the figures from the data of the page, shows numbers under the pointer, and filters the claims.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const dashes = { low: "1.5,3", medium: "6,3", high: null, train_accuracy: "6,3" };
  const near = (values, wanted) => values.reduce((best, v, i) => (Math.abs(v - wanted) < Math.abs(values[best] - wanted) ? i : best), 0);
  const short = (v) => (v == null ? "-" : Number(v.toPrecision(3)).toString());

  function color(series) {
    if (series.depth != null) {
      const [from, to, share] = series.depth < 0.5
        ? ["first", "middle", series.depth * 2] : ["middle", "last", series.depth * 2 - 1];
      return `color-mix(in oklab, var(--depth-${to}) ${Math.round(share * 100)}%, var(--depth-${from}))`;
    }
    return `var(--${series.optimizer || "untrained"})`;
  }
  const dash = (series) => (series.depth != null ? null : dashes[series.quantity || series.level] || null);

  function swatch(series, stroke) {
    const svg = d3.create("svg").attr("viewBox", "0 0 30 10").attr("aria-hidden", "true");
    svg.append("line").attr("x2", 30).attr("y1", 5).attr("y2", 5).style("stroke", stroke).attr("stroke-width", 2.5)
      .attr("stroke-dasharray", dash(series));
    return svg.node();
  }

  // Powers of ten within a range; where it holds fewer than two, as many ticks as fit.
  function powers(low, high) {
    const found = d3.range(Math.ceil(Math.log10(low)), Math.floor(Math.log10(high)) + 1).map((power) => 10 ** power);
    return found.length > 1 ? found : 5;
  }

  function plot(figure, panel, visible, width) {
    const named = figure.xScale === "layers";
    const marks = [];
    for (const series of panel.series.filter((s) => visible.has(s.label))) {
      const points = panel.x.map((x, i) => ({ x, mean: series.mean[i], low: series.low && series.low[i], high: series.high && series.high[i] }));
      const shown = figure.yScale === "log" ? (v) => (v > 0 ? v : NaN) : (v) => (v == null ? NaN : v);
      const curve = figure.steps ? "step-after" : "linear";
      if (series.low) marks.push(Plot.areaY(points, { x: "x", y1: (d) => Math.max(shown(d.low) || (figure.yScale === "log" ? panel.y[0] : NaN), figure.yScale === "log" ? panel.y[0] : -Infinity), y2: (d) => shown(d.high), fill: "currentColor", fillOpacity: 0.13, stroke: "currentColor", strokeOpacity: 0.4, strokeWidth: 0.6, strokeDasharray: dash(series), curve, className: `band ${key(series)}` }));
      marks.push(Plot.lineY(points, { x: "x", y: (d) => shown(d.mean), stroke: "currentColor", strokeWidth: 1.6, strokeDasharray: dash(series), curve, className: `line ${key(series)}` }));
    }
    const chart = Plot.plot({
      width, height: named ? 220 : 190, marginLeft: 44, marginRight: 8, marginTop: 8, marginBottom: named ? 52 : 28,
      style: { fontSize: "11px", background: "none" }, clip: true,
      x: named ? { type: "point", domain: panel.x, tickRotate: -60, label: null }
        : { type: figure.xScale, label: null, ticks: Math.max(3, width / 70), tickFormat: figure.xScale === "log" ? "~g" : undefined },
      y: { type: figure.yScale, domain: panel.y, label: null, grid: true, ticks: figure.yScale === "log" ? powers(...panel.y) : 5, tickFormat: figure.yScale === "log" ? "~g" : undefined },
      marks,
    });
    // Colors are the page's, so that they follow light, dark and paper.
    for (const series of panel.series) {
      for (const node of chart.querySelectorAll(`.${key(series)}`)) node.style.color = color(series);
    }
    // Names on groups without a role say nothing to a screen reader; the picture has one name.
    for (const node of chart.querySelectorAll("[aria-label]")) node.removeAttribute("aria-label");
    chart.setAttribute("role", "img");
    chart.setAttribute("aria-label", `${panel.title}: ${figure.yTitle} by ${figure.xTitle}; lines: ${panel.series.map((s) => s.label).join(", ")}`);
    return chart;
  }
  const key = (series) => "line-" + series.label.replace(/[^A-Za-z0-9]/g, "-");

  function draw(place) {
    const figure = data[place.dataset.figure];
    if (!figure || place.dataset.drawn) return;
    place.dataset.drawn = "yes";
    place.style.minHeight = "";
    const first = new Map();
    const tones = new Map();
    for (const panel of figure.panels) for (const s of panel.series) {
      if (!first.has(s.label)) first.set(s.label, s);
      tones.set(s.label, new Set([...(tones.get(s.label) || []), color(s)]));
    }
    const visible = new Set(first.keys());
    const switches = document.createElement("fieldset");
    switches.className = "switches";
    switches.innerHTML = '<legend class="hidden">Lines that are shown</legend>';
    for (const [label, series] of [...first].sort((a, b) => (a[1].depth ?? 0) - (b[1].depth ?? 0))) {
      const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
      box.addEventListener("change", () => { box.checked ? visible.add(label) : visible.delete(label); redraw(); });
      const element = document.createElement("label");
      element.append(box, swatch(series, tones.get(label).size > 1 ? "currentColor" : color(series)), label);
      switches.append(element);
    }
    const panels = document.createElement("div");
    panels.className = "panels";
    panels.style.setProperty("--columns", figure.columns);
    const axes = Object.assign(document.createElement("p"), { className: "axes", textContent: `↑ ${figure.yTitle}   → ${figure.xTitle}` });
    place.append(switches, axes, panels);
    const redraws = figure.panels.map((panel) => one(figure, panel, visible, panels));
    const redraw = () => redraws.forEach((each) => each());
    let width = place.clientWidth;
    redraw();
    new ResizeObserver(() => { if (place.clientWidth && place.clientWidth !== width) { width = place.clientWidth; redraw(); } }).observe(place);
  }

  function one(figure, panel, visible, panels) {
    const element = document.createElement("div");
    element.className = "panel";
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", `${panel.title || figure.title}; arrow keys read the numbers`);
    const heading = Object.assign(document.createElement("p"), { className: "name", textContent: panel.title });
    const readout = Object.assign(document.createElement("div"), { className: "readout", hidden: true });
    readout.setAttribute("aria-live", "polite");
    element.append(heading, readout);
    panels.append(element);
    let chart, at = 0;

    function show(place) {
      at = Math.max(0, Math.min(panel.x.length - 1, place));
      const scale = chart.scale("x");
      const x = scale.apply(panel.x[at]);
      const name = typeof panel.x[at] === "string" ? panel.x[at] : `${figure.xTitle} ${short(panel.x[at])}`;
      readout.replaceChildren(Object.assign(document.createElement("b"), { textContent: name }));
      for (const series of panel.series.filter((s) => visible.has(s.label) && s.mean[at] != null)) {
        const row = document.createElement("div");
        const span = series.low && series.low[at] != null ? ` (${short(series.low[at])} to ${short(series.high[at])})` : "";
        row.append(swatch(series, color(series)), `${series.label} ${short(series.mean[at])}${span}`);
        readout.append(row);
      }
      readout.hidden = false;
      const width = element.clientWidth;
      readout.style.left = x < width / 2 ? `${x + 10}px` : "auto";
      readout.style.right = x < width / 2 ? "auto" : `${width - x + 10}px`;
      let rule = chart.querySelector(".here");
      if (!rule) {
        rule = chart.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "line"));
        rule.setAttribute("class", "here");
        rule.setAttribute("stroke", "currentColor");
        rule.setAttribute("stroke-opacity", ".5");
      }
      for (const [attribute, value] of Object.entries({ x1: x, x2: x, y1: 8, y2: chart.getAttribute("height") - (figure.xScale === "layers" ? 52 : 28) })) rule.setAttribute(attribute, value);
    }
    function hide() {
      readout.hidden = true;
      chart.querySelector(".here")?.remove();
    }
    const point = (event) => {
      const places = panel.x.map((x) => chart.scale("x").apply(x));
      show(near(places, event.clientX - chart.getBoundingClientRect().left));
    };
    element.addEventListener("pointermove", point);
    element.addEventListener("pointerdown", point); // a finger that taps does not move
    element.addEventListener("pointerleave", hide);
    element.addEventListener("blur", hide);
    element.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
      if (event.key === "Escape") hide();
      if (step === undefined) return;
      event.preventDefault();
      show(readout.hidden && Number.isFinite(step) ? at : at + step);
    });
    return () => {
      const drawn = plot(figure, panel, visible, Math.max(200, element.clientWidth || 300));
      if (chart) chart.replaceWith(drawn); else element.append(drawn);
      chart = drawn;
    };
  }

  // Figures are drawn as they come near the window; all of them before the page is printed.
  const places = [...document.querySelectorAll(".chart")];
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { watcher.unobserve(entry.target); draw(entry.target); }
  }, { rootMargin: "600px" });
  for (const place of places) {
    // Room for what will be drawn, so that nothing moves when it is.
    const { columns, panels, xScale } = data[place.dataset.figure];
    const beside = Math.max(1, Math.min(columns, Math.floor((place.clientWidth + 16) / 256)));
    place.style.minHeight = `${Math.ceil(panels.length / beside) * (xScale === "layers" ? 250 : 220) + 50}px`;
    watcher.observe(place);
  }
  addEventListener("beforeprint", () => places.forEach(draw));

  // A link into something closed opens it.
  const open = () => document.getElementById(decodeURIComponent(location.hash.slice(1)))?.querySelector("details.data")?.setAttribute("open", "");
  addEventListener("hashchange", open);

  const form = document.querySelector(".filter");
  const claims = [...document.querySelectorAll("article.claim")];
  const texts = new Map(claims.map((claim) => [claim, claim.textContent.toLowerCase()]));
  function filter() {
    const wanted = Object.fromEntries(new FormData(form));
    const words = wanted.words.toLowerCase().split(/\s+/).filter(Boolean);
    const ids = new Set();
    for (const claim of claims) {
      const { verdict, theme, kind, differs } = claim.dataset;
      const kept = words.every((word) => texts.get(claim).includes(word))
        && (!wanted.verdict || wanted.verdict === verdict || (wanted.verdict === "differs" && differs !== undefined))
        && (!wanted.theme || wanted.theme === theme) && (!wanted.kind || wanted.kind === kind);
      claim.hidden = !kept;
      if (kept) ids.add(claim.dataset.claim);
    }
    for (const row of document.querySelectorAll("#glance [data-claim], .forest [data-claim]")) row.hidden = !ids.has(row.dataset.claim);
    for (const group of document.querySelectorAll("section.theme, .forest tbody, #side-by-side tbody")) {
      group.hidden = !group.querySelector("[data-claim]:not([hidden])");
    }
    form.querySelector("output").textContent = (ids.size === claims.length ? "" : `${ids.size} of `) + `${claims.length} claims and controls`;
    document.querySelector(".nothing").hidden = ids.size > 0;
  }
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
  open();
})();
