
// A recorded figure: all frames are on the page, a slider of the browser's own moves through them.

async function playRecords(key, record) {
  const frames = JSON.parse(await inflate(record.frames));
  for (const frame of frames)
    frame.points = Float32Array.from(frame.points, (v) => (v === null ? NaN : v / record.parts));
  for (const place of document.querySelectorAll(`[data-record="${key}"]:not([data-ready])`)) {
    place.dataset.ready = "";
    keepKeys(place);
    const root = document.createElement("div");
    const plot = makePlot(root, record.size, "data:image/png;base64," + record.still);
    addSlider(root, record, (i) => plot.show(frames[i]));
    plot.loaded().then(() => place.replaceChildren(root));
  }
}

function addSlider(root, { label, texts, start }, show) {
  const row = element(root, "label", "nnlib-slider");
  element(row, "span", "", label);
  const slider = element(row, "input");
  Object.assign(slider, { type: "range", min: 0, max: texts.length - 1, step: 1, value: start });
  slider.setAttribute("aria-label", label);
  const readout = element(row, "output");
  readout.style.minWidth = Math.max(...texts.map((text) => text.length)) + "ch";
  const move = () => {
    const i = Number(slider.value);
    readout.textContent = texts[i];
    slider.setAttribute("aria-valuetext", texts[i]);
    show(i);
  };
  slider.addEventListener("input", move);
  move();
}

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).text();
}
