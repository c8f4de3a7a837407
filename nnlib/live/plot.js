// One plot: matplotlib's still picture, the moving shapes drawn over it, and the numbers under it as text.
// Live figures (live.js) and recorded ones (recorded.js) both draw with `makePlot`.

const STYLE = `
.nnlib-plot { max-width: 100%; }
.nnlib-card { position: relative; background: #fff; border-radius: 6px; overflow: hidden; }
.nnlib-card canvas { position: relative; display: block; width: 100%; }
.nnlib-card img { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; }
.nnlib-numbers { display: flex; flex-wrap: wrap; gap: 2px 22px; margin: 8px 2px 4px; min-height: 1.5em; line-height: 1.5;
  font-family: var(--jp-content-font-family, system-ui, sans-serif); font-size: var(--jp-content-font-size1, 14px);
  color: var(--jp-content-font-color1, inherit); }
.nnlib-number { display: flex; gap: 7px; }
.nnlib-label { color: var(--jp-content-font-color2, inherit); }
.nnlib-value { font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
.nnlib-number.nnlib-status { flex-basis: 100%; }
.nnlib-status .nnlib-value { white-space: normal; }
.nnlib-error { position: absolute; inset: auto 12px 12px 12px; padding: 10px 14px; border-radius: 4px; white-space: pre-wrap;
  border-left: 5px solid #b3261e; background: #fdecea; color: #7a1510; font: 13px/1.45 monospace;
  max-height: 60%; overflow: auto; }
.nnlib-cover { position: absolute; inset: 0; display: flex; align-items: center; justify-content: center; overflow: auto;
  background: repeating-linear-gradient(45deg, #f4f6f8 0 14px, #eef1f4 14px 28px); color: #222; }
.nnlib-cover fieldset { box-sizing: border-box; max-width: min(640px, 94%); max-height: 96%; overflow: auto; margin: 0; padding: 18px 26px;
  border: 1px solid #c3cbd3; border-radius: 8px; background: #fff; font: 15px/1.5 var(--jp-ui-font-family, system-ui, sans-serif); }
.nnlib-cover legend { float: left; width: 100%; padding: 0; margin-bottom: 8px; font-weight: 600; font-size: 15px; color: #222; border: 0; }
.nnlib-cover label { display: flex; clear: both; gap: 9px; align-items: baseline; padding: 3px 0; cursor: pointer; }
.nnlib-cover input { accent-color: #0072b2; }
.nnlib-cover button { margin-top: 12px; padding: 6px 18px; border: 0; border-radius: 4px; background: #0072b2; color: #fff;
  font: inherit; font-weight: 600; cursor: pointer; }
.nnlib-cover button:disabled { background: #d7dce1; color: #5c6670; cursor: default; }
.nnlib-verdict { margin: 4px; padding: 6px 12px; border-left: 4px solid #0072b2; line-height: 1.5;
  font-family: var(--jp-content-font-family, system-ui, sans-serif); font-size: var(--jp-content-font-size1, 14px);
  color: var(--jp-content-font-color1, inherit); }
.nnlib-hidden { visibility: hidden; }
.nnlib-slider { display: flex; align-items: center; gap: 12px; max-width: 640px; margin: 6px 2px;
  font-family: var(--jp-ui-font-family, system-ui, sans-serif); font-size: var(--jp-ui-font-size1, 13px);
  color: var(--jp-content-font-color1, inherit); }
.nnlib-slider input { flex: 1; min-width: 80px; margin: 0; accent-color: var(--jp-brand-color1, #0072b2); }
.nnlib-slider output { font-variant-numeric: tabular-nums; white-space: nowrap; }
.nnlib-live.jupyter-widgets-disconnected::before { content: "A saved picture: run the cells down to here (Run ▸ Run All Cells) and it moves.";
  width: auto; height: auto; margin: 4px; padding: 6px 12px; background: none; border-left: 4px solid #e69f00;
  font: var(--jp-content-font-size1, 14px)/1.5 var(--jp-content-font-family, system-ui, sans-serif); color: var(--jp-content-font-color1, inherit); }
.nnlib-live .jupyter-widgets-disconnected::before { display: none; }
.nnlib-live .widget-label { text-align: left; }
.nnlib-live .noUi-handle:focus-visible, .nnlib-slider input:focus-visible { outline: 2px solid #56b4e9; outline-offset: 2px; }
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

// Plain keys pressed inside a figure are its own: in JupyterLab, arrows would move from cell to cell as well.
function keepKeys(figure) {
  figure.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)) event.stopPropagation();
  });
}

// Make a plot inside `root`. A frame is { shapes, points, alt, numbers } and in steppers also { status, run };
// `points` holds x, y of all shapes one after the other, in CSS pixels from the top left corner.
function makePlot(root, size, stillPng) {
  const [width, height] = size;
  root.classList.add("nnlib-plot");
  root.style.width = width + "px";
  element(root, "style", "", STYLE);
  const card = element(root, "div", "nnlib-card");
  const still = element(card, "img"); // under the canvas: it is never drawn again
  still.alt = "";
  const canvas = element(card, "canvas");
  canvas.setAttribute("role", "img");
  canvas.style.aspectRatio = `${width} / ${height}`;
  const showNumbers = makeNumbers(root);
  const gestures = watchGestures();
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
    if (trail) eachShape(trail, (shape, points) => shape.trail && drawShape(pen, inGrey(shape), points));
    eachShape(frame, (shape, points) => drawShape(pen, shape, points));
  }

  function show(next) {
    if (frame && (next.run === undefined ? gestures.begins() : next.run !== frame.run)) trail = frame;
    frame = next;
    canvas.setAttribute("aria-label", frame.alt);
    showNumbers(frame);
    draw();
  }

  still.src = stillPng;
  const fit = new ResizeObserver(draw); // a narrow column makes the picture smaller, zooming makes it denser
  fit.observe(canvas);
  return {
    loaded: () => still.decode(),
    show,
    showError: makeErrorBox(card),
    ask: (prediction, commit) => askFirst(root, card, prediction, commit),
    destroy() {
      fit.disconnect();
      gestures.stop();
    },
  };
}

// ---- drawing -------------------------------------------------------------------------------------------------------

function eachShape(frame, visit) {
  let at = 0;
  for (const shape of frame.shapes) {
    visit(shape, frame.points.subarray(at, at + 2 * shape.n));
    at += 2 * shape.n;
  }
}

function inGrey(shape) {
  return { ...shape, stroke: shape.stroke && GREY, fill: shape.fill && (shape.kind === "marker" ? GREY : PALE_GREY) };
}

function drawShape(pen, shape, points) {
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

// Label and value pairs. Widths only grow, so that nothing jumps while a slider moves.
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
      if (value.length > widths[i]) {
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

// Cover the picture with a question; `commit(i)` is called with the reader's choice. Returns reveal(i).
function askFirst(root, card, { question, options, verdicts }, commit) {
  const [still, canvas] = card.children;
  const numbers = root.querySelector(".nnlib-numbers");
  const longest = verdicts.reduce((a, b) => (b.length > a.length ? b : a));
  const verdict = element(root, "div", "nnlib-verdict nnlib-hidden", longest); // keeps the place of the real one
  verdict.setAttribute("role", "status");
  const cover = element(card, "form", "nnlib-cover");
  const fields = element(cover, "fieldset");
  element(fields, "legend", "", question);
  const name = "nnlib-options-" + Math.random().toString(36).slice(2);
  options.forEach((option, i) => {
    const label = element(fields, "label");
    const radio = element(label, "input");
    Object.assign(radio, { type: "radio", name, value: i });
    element(label, "span", "", option);
  });
  const button = element(fields, "button", "", "Commit");
  button.disabled = true;
  fields.addEventListener("change", () => (button.disabled = false));
  cover.addEventListener("submit", (event) => {
    event.preventDefault();
    commit(Number(new FormData(cover).get(name)));
  });
  for (const hidden of [still, canvas, numbers]) hidden.classList.add("nnlib-hidden");
  return (i) => {
    cover.remove();
    verdict.textContent = verdicts[i];
    for (const shown of [still, canvas, numbers, verdict]) shown.classList.remove("nnlib-hidden");
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
