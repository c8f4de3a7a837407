
// Recorded figures: each puts itself on window.nnlibRecords as [key, { spec, still, record }].

const decoded = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function play([key, { spec, still, record }]) {
  const frame = await unpack(decoded(record), spec.controls);
  for (const place of document.querySelectorAll(`[data-record="${key}"]:not([data-ready])`)) {
    place.dataset.ready = "";
    const root = document.createElement("div");
    const figure = makeFigure(root, spec, "data:image/png;base64," + still, {
      moved: (at, k) => figure.show(frame(at, k)),
      commit: () => {},
    });
    figure.show(frame(figure.at(), spec.stepper ? spec.stepper.start : 0));
    figure.loaded().then(() => place.replaceChildren(root));
  }
}

window.nnlibPlay ??= () => window.nnlibRecords.splice(0).forEach(play);
window.nnlibRecords ??= [];
window.nnlibPlay();
