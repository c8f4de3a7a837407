// One plot: matplotlib's still picture, the moving shapes drawn over it, and the numbers under it as text.
// figure.js adds controls, buttons and the question; live.js and recorded.js bring the frames.

const STYLE = `
.nnlib-plot { max-width: 100%; line-height: 1.5;
  font-family: var(--jp-content-font-family, system-ui, sans-serif); font-size: var(--jp-content-font-size1, 14px); }
.nnlib-card { display: grid; background: #fff; border-radius: 6px; overflow: hidden; color-scheme: light; }
.nnlib-card > * { grid-area: 1 / 1; }
.nnlib-picture { position: relative; align-self: start; }
.nnlib-picture img { all: initial !important; position: absolute !important; inset: 0 !important;
  width: 100% !important; height: 100% !important; }
.nnlib-picture canvas { position: relative !important; display: block !important; width: 100% !important; height: auto !important;
  max-width: none !important; max-height: none !important; margin: 0 !important; border: 0 !important; filter: none !important; }
.nnlib-asking > .nnlib-picture, .nnlib-asking > .nnlib-picture img, .nnlib-asking ~ .nnlib-numbers { visibility: hidden !important; }
.nnlib-numbers { display: flex; flex-wrap: wrap; gap: 2px 22px; margin: 8px 2px 4px; min-height: 1.5em;
  color: var(--jp-content-font-color1, inherit); }
.nnlib-number { display: flex; column-gap: 7px; max-width: 100%; }
.nnlib-label { color: var(--jp-content-font-color2, inherit); }
.nnlib-value { font-weight: 600; font-variant-numeric: tabular-nums; min-width: 0; overflow-wrap: anywhere; }
.nnlib-number.nnlib-status { flex-basis: 100%; }
.nnlib-error { align-self: end; z-index: 1; margin: 12px; padding: 10px 14px; border-radius: 4px; white-space: pre-wrap;
  border-left: 5px solid #b3261e; background: #fdecea; color: #7a1510; font: 0.93em/1.45 monospace; max-height: 60%; overflow: auto; }
.nnlib-cover { display: flex; align-items: center; justify-content: center; margin: 0; padding: 8px; color: #222;
  background: repeating-linear-gradient(45deg, #f4f6f8 0 14px, #eef1f4 14px 28px); }
.nnlib-cover fieldset { box-sizing: border-box; max-width: 43em; margin: 0; padding: 18px 26px; border: 1px solid #c3cbd3;
  border-radius: 8px; background: #fff; font: 1.07em/1.5 var(--jp-ui-font-family, system-ui, sans-serif); }
.nnlib-cover legend { float: left; width: 100%; padding: 0; margin-bottom: 8px; font-weight: 600; font-size: inherit; color: #222; border: 0; }
.nnlib-cover label { display: flex; clear: both; gap: 9px; align-items: baseline; padding: 3px 0; cursor: pointer; color: #222; }
.nnlib-cover input { accent-color: #0072b2; }
.nnlib-cover button { margin-top: 12px; padding: 6px 18px; border: 0; border-radius: 4px; background: #0072b2; color: #fff;
  font: inherit; font-weight: 600; cursor: pointer; }
.nnlib-cover button:disabled { background: #d7dce1; color: #5c6670; cursor: default; }
.nnlib-verdict { margin: 4px; padding: 6px 12px; border-left: 4px solid #0072b2; color: var(--jp-content-font-color1, inherit); }
.nnlib-hidden { visibility: hidden; }
.nnlib-controls { margin: 0; padding: 0; border: 0; min-width: 0; color: var(--jp-content-font-color1, inherit);
  font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: 0.93em; }
.nnlib-row { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; max-width: 52em; margin: 6px 2px; }
.nnlib-row input { flex: 1; min-width: 120px; margin: 0; accent-color: var(--jp-brand-color1, #0072b2); }
.nnlib-row output { font-variant-numeric: tabular-nums; }
.nnlib-row button, .nnlib-row select { padding: 4px 14px; border: 1px solid #8a949e; border-radius: 4px; font: inherit;
  background: var(--jp-layout-color1, #fff); color: var(--jp-content-font-color1, #222); cursor: pointer; }
.nnlib-row button[aria-pressed=true] { background: #0072b2; border-color: #0072b2; color: #fff; font-weight: 600; }
.nnlib-row button:disabled { opacity: 0.55; cursor: default; }
.nnlib-plot :focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
.nnlib-gone::before { content: "A saved picture: run the cells down to here (Run ▸ Run All Cells) and it moves.";
  display: block; margin: 4px; padding: 6px 12px; border-left: 4px solid #e69f00;
  font: var(--jp-content-font-size1, 14px)/1.5 var(--jp-content-font-family, system-ui, sans-serif); color: var(--jp-content-font-color1, inherit); }
`;
const FONT = '"DejaVu Sans", Verdana, Geneva, sans-serif';
const GREY = "#b4b4b4";
const PALE_GREY = "#b4b4b455";
const REST_AFTER = 600; // milliseconds without a move end a gesture

function element(parent, tag, className, text) {
  const made = parent.appendChild(document.createElement(tag));
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Plain keys pressed inside a figure are its own: in Jupyter, arrows would move from cell to cell as well. JupyterLab
// hears a key on its way up from the figure; Notebook on its way down, and lets it pass where it finds the attribute.
// Returns what ends it.
function keepKeys(figure) {
  const watch = new AbortController();
  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
  const mark = (event) => {
    if (figure.contains(event.target)) event.target.toggleAttribute("data-lm-suppress-shortcuts", isPlain(event));
  };
  window.addEventListener("keydown", mark, { capture: true, signal: watch.signal });
  figure.addEventListener("keydown", (event) => isPlain(event) && event.stopPropagation());
  return () => watch.abort();
}

// Make a plot inside `root`. A frame is { shapes, alt, numbers } and in steppers also { status, k, last }; each shape holds
// its `points` as x, y, x, y … in CSS pixels from the top left corner, NaN where the pen is lifted.
function makePlot(root, [width, height], stillPng) {
  root.classList.add("nnlib-plot");
  root.style.width = width / 14 + "em"; // grows with the text, as in presentation mode
  element(root, "style", "", STYLE);
  const card = element(root, "div", "nnlib-card");
  const picture = element(card, "div", "nnlib-picture");
  const still = element(picture, "img"); // under the canvas: it is never drawn again
  still.alt = "";
  const canvas = element(picture, "canvas");
  canvas.setAttribute("role", "img");
  canvas.style.aspectRatio = `${width} / ${height}`;
  const showNumbers = makeNumbers(root);
  let frame = null;
  let trail = null;

  function draw() {
    if (!frame) return;
    const ratio = (window.devicePixelRatio * (canvas.clientWidth || width)) / width; // device pixels for one of the figure's
    if (canvas.width !== Math.round(width * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    for (const shape of trail ? trail.shapes : []) if (shape.trail) drawShape(pen, inGrey(shape));
    for (const shape of frame.shapes) drawShape(pen, shape);
  }

  // `begins`: the last picture stays in grey behind this one and those that follow.
  function show(next, begins) {
    if (frame && begins) trail = frame;
    frame = next;
    canvas.setAttribute("aria-label", frame.alt);
    showNumbers(frame);
    draw();
  }

  still.src = stillPng;
  const fit = new ResizeObserver(draw); // a narrow column makes the picture smaller, zooming makes it denser
  fit.observe(canvas);
  return {
    card,
    loaded: () => still.decode(),
    show,
    showError: makeErrorBox(card),
    destroy: () => fit.disconnect(),
  };
}

// ---- drawing -------------------------------------------------------------------------------------------------------

function inGrey(shape) {
  return { ...shape, stroke: shape.stroke && GREY, fill: shape.fill && (shape.kind === "marker" ? GREY : PALE_GREY) };
}

function drawShape(pen, shape) {
  const points = shape.points;
  pen.save();
  if (shape.clip) {
    pen.beginPath();
    pen.rect(...shape.clip);
    pen.clip();
  }
  pen.lineWidth = shape.width;
  pen.lineJoin = "round";
  pen.setLineDash(shape.dash || []);
  if (shape.kind === "label") drawLabel(pen, shape, points);
  else if (shape.kind === "cells") drawCells(pen, shape, points);
  else if (shape.kind === "marker") drawMarkers(pen, shape, points);
  else paint(pen, shape, path(points, shape.kind === "polygon"));
  pen.restore();
}

function paint(pen, shape, outline) {
  if (shape.fill) {
    pen.fillStyle = shape.fill;
    pen.fill(outline);
  }
  if (shape.stroke && shape.width) {
    pen.strokeStyle = shape.stroke;
    pen.stroke(outline);
  }
}

function path(points, closed) {
  const outline = new Path2D();
  let down = false;
  for (let k = 0; k < points.length; k += 2) {
    const x = points[k], y = points[k + 1];
    if (Number.isNaN(x)) {
      if (closed && down) outline.closePath();
      down = false;
    } else if (down) outline.lineTo(x, y);
    else {
      outline.moveTo(x, y);
      down = true;
    }
  }
  if (closed && down) outline.closePath();
  return outline;
}

function drawMarkers(pen, shape, points) {
  const outline = new Path2D();
  for (const piece of shape.outline) outline.addPath(path(piece, false));
  let [x, y] = [0, 0];
  for (let k = 0; k < points.length; k += 2) {
    pen.translate(points[k] - x, points[k + 1] - y);
    [x, y] = [points[k], points[k + 1]];
    paint(pen, shape, outline);
  }
}

function drawCells(pen, { cells, columns, palette }, [x0, y0, x1, y1]) {
  const width = (x1 - x0) / columns;
  const height = ((y1 - y0) * columns) / cells.length;
  cells.forEach((color, i) => {
    const x = x0 + width * (i % columns), y = y0 + height * Math.floor(i / columns);
    pen.fillStyle = palette[color];
    pen.fillRect(x, y, width + 0.5 * Math.sign(width), height + 0.5 * Math.sign(height)); // no seams
  });
}

function drawLabel(pen, shape, [x, y]) {
  const lines = shape.text.split("\n");
  const lineHeight = 1.2 * shape.size;
  const linesAbove = { top: 0, center: (lines.length - 1) / 2, center_baseline: (lines.length - 1) / 2 };
  pen.translate(x, y);
  pen.rotate((-shape.rotation * Math.PI) / 180);
  pen.font = `${shape.italic ? "italic " : ""}${shape.bold ? "bold " : ""}${shape.size}px ${FONT}`;
  pen.textAlign = shape.horizontal;
  pen.textBaseline = { top: "top", center: "middle", center_baseline: "middle", bottom: "bottom" }[shape.vertical] || "alphabetic";
  pen.strokeStyle = "#fff"; // a halo, readable on top of lines
  pen.lineWidth = 4;
  pen.fillStyle = shape.fill;
  lines.forEach((line, i) => {
    const down = (i - (linesAbove[shape.vertical] ?? lines.length - 1)) * lineHeight;
    pen.strokeText(line, 0, down);
    pen.fillText(line, 0, down);
  });
}

// ---- words ---------------------------------------------------------------------------------------------------------

// Label and value pairs. Widths only grow, so that nothing jumps while a slider moves; what is longer is a sentence.
const WIDEST = 24;
function makeNumbers(root) {
  const list = element(root, "div", "nnlib-numbers");
  list.setAttribute("aria-live", "polite");
  let labels = null;
  let cells = [];
  let widths = [];

  function build(pairs) {
    list.replaceChildren();
    widths = pairs.map(() => 0);
    cells = pairs.map(([label]) => {
      const pair = element(list, "div", label === "status" ? "nnlib-number nnlib-status" : "nnlib-number");
      element(pair, "span", "nnlib-label", label);
      return element(pair, "span", "nnlib-value");
    });
  }

  return ({ numbers, status }) => {
    const pairs = status === undefined ? numbers : [...numbers, ["status", status]];
    const now = JSON.stringify(pairs.map(([label]) => label));
    if (now !== labels) build(pairs);
    labels = now;
    pairs.forEach(([, value], i) => {
      if (cells[i].textContent !== value) cells[i].textContent = value;
      if (value.length > widths[i] && value.length <= WIDEST) {
        widths[i] = value.length;
        cells[i].style.minWidth = value.length + "ch";
      }
    });
  };
}

function makeErrorBox(card) {
  let box = null;
  return (text) => {
    if (box) box.remove();
    box = null;
    if (!text) return;
    box = element(card, "div", "nnlib-error", text);
    box.setAttribute("role", "alert");
    box.tabIndex = 0;
  };
}

// ---- gestures ------------------------------------------------------------------------------------------------------

// begins() says whether a move is the first of a new gesture: after a press of the mouse, or after a pause.
function watchGestures() {
  let held = false;
  let fresh = true;
  let last = -Infinity;
  const watch = new AbortController();
  const listen = (event, heard) => document.addEventListener(event, heard, { capture: true, signal: watch.signal });
  listen("pointerdown", () => (held = fresh = true));
  listen("pointerup", () => (held = false));
  listen("pointercancel", () => (held = false));
  return {
    begins() {
      const now = performance.now();
      const first = fresh || (!held && now - last > REST_AFTER);
      fresh = false;
      last = now;
      return first;
    },
    stop: () => watch.abort(),
  };
}
