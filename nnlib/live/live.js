
// The widget of a live figure: each control's position is a trait of the model; the kernel sends a frame for it, or has
// sent all of them at once.

function render({ model, el }) {
  const spec = model.get("spec");
  const png = URL.createObjectURL(new Blob([model.get("still")], { type: "image/png" }));
  let recorded = null;
  const figure = makeFigure(element(el, "div"), spec, png, {
    moved(at, k) {
      spec.controls.forEach(({ name, values }, i) => model.set(name, values[at[i]]));
      if (spec.stepper) model.set("k", k);
      model.save_changes();
      if (recorded) figure.show(recorded(at, k));
    },
    commit(i) {
      model.set("committed", i);
      model.save_changes();
    },
  });

  const showFrame = () => !recorded && figure.show(withPoints(model.get("frame")));
  const showError = () => figure.showError(model.get("error"));
  const reveal = () => model.get("committed") >= 0 && figure.reveal(model.get("committed"));
  const places = () => spec.controls.map(({ name, values }) => values.indexOf(model.get(name)));
  const follow = () => {
    const moved = String(places()) !== String(figure.at());
    if (moved) figure.follow(places());
    if (recorded && (moved || spec.stepper)) figure.show(recorded(places(), spec.stepper ? model.get("k") : 0));
  };
  const useRecord = async () => {
    const bytes = model.get("recorded");
    if (!bytes.byteLength) return;
    recorded = await unpack(bytes, spec.controls);
    follow();
  };

  const kernelIsGone = () => el.classList.toggle("nnlib-gone", !recorded);

  const heard = {
    "change:frame": showFrame,
    "change:error": showError,
    "change:committed": reveal,
    "change:recorded": useRecord,
    comm_live_update: kernelIsGone, // said once: a new kernel makes a new model
  };
  for (const { name } of spec.controls) heard["change:" + name] = follow;
  for (const [event, listener] of Object.entries(heard)) model.on(event, listener);
  figure.place(places());
  showFrame();
  showError();
  reveal();
  useRecord();
  return () => {
    for (const [event, listener] of Object.entries(heard)) model.off(event, listener);
    figure.destroy();
    URL.revokeObjectURL(png);
  };
}

function withPoints(frame) {
  const view = frame.points;
  const all = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
  let at = 0;
  const shapes = frame.shapes.map((shape) => ({ ...shape, points: all.subarray(at, (at += 2 * shape.n)) }));
  return { ...frame, shapes };
}

export default { render };
