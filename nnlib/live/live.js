
// The widget of a live figure: the kernel sends frames, `makePlot` draws them.

function render({ model, el }) {
  const png = URL.createObjectURL(new Blob([model.get("still")], { type: "image/png" }));
  const plot = makePlot(element(el, "div"), model.get("size"), png);
  const showFrame = () => plot.show({ ...model.get("frame"), points: floats(model.get("frame").points) });
  const showError = () => plot.showError(model.get("error"));
  model.on("change:frame", showFrame);
  model.on("change:error", showError);
  showFrame();
  showError();
  const stopAsking = ask(model, plot);
  const motion = window.matchMedia("(prefers-reduced-motion: reduce)");
  send(model, "reduced_motion", motion.matches);
  nameControls(el);
  return () => {
    model.off("change:frame", showFrame);
    model.off("change:error", showError);
    stopAsking();
    plot.destroy();
    URL.revokeObjectURL(png);
  };
}

function ask(model, plot) {
  const prediction = model.get("prediction");
  if (!prediction) return () => {};
  const reveal = plot.ask(prediction, (i) => send(model, "committed", i));
  const showVerdict = () => model.get("committed") >= 0 && reveal(model.get("committed"));
  model.on("change:committed", showVerdict);
  showVerdict();
  return () => model.off("change:committed", showVerdict);
}

function send(model, name, value) {
  if (model.get(name) === value) return;
  model.set(name, value);
  model.save_changes();
}

function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

// ipywidgets gives the handle of a slider no accessible name and speaks its position, not its value: both are put right
// here, as soon as the sliders of this figure are on the page and whenever they move.
function nameControls(el) {
  const figure = () => el.closest(".nnlib-live");
  const tell = () => {
    for (const slider of figure().querySelectorAll(".widget-slider, .widget-inline-hbox")) {
      const handle = slider.querySelector(".noUi-handle");
      const label = slider.querySelector(".widget-label");
      const readout = slider.querySelector(".widget-readout");
      if (!handle || !label || !readout) continue;
      setOnce(handle, "aria-label", label.textContent);
      setOnce(handle, "aria-valuetext", readout.textContent);
    }
    for (const group of figure().querySelectorAll(".widget-toggle-buttons"))
      for (const button of group.querySelectorAll("button"))
        setOnce(button, "aria-pressed", String(button.classList.contains("mod-active")));
  };
  const start = () => {
    if (!el.isConnected) return requestAnimationFrame(start);
    if (!figure()) return;
    keepKeys(figure());
    new MutationObserver(tell).observe(figure(), { subtree: true, childList: true, characterData: true, attributeFilter: ["class", "aria-valuetext"] });
    tell();
  };
  start();
}

function setOnce(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export default { render };
