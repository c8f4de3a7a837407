// A figure: the plot with its controls, its Step, Run and Reset buttons and its question. It asks `moved(at, k)` for the
// frame at a position (an index for each control, the number of steps) and gets it by `show(frame)`, now or later.

function makeFigure(root, spec, stillPng, { moved, commit }) {
  const plot = makePlot(root, spec.size, stillPng);
  const gestures = watchGestures();
  let begins = false; // whether the next frame is the first of a gesture
  const at = spec.controls.map((control) => control.start);
  const freeKeys = keepKeys(root);
  const fields = element(root, "fieldset", "nnlib-controls");
  const stepper = spec.stepper && makeStepper(fields, spec.stepper, (k) => moved(at, k));
  const inputs = spec.controls.map((control, i) =>
    makeControl(fields, spec.controls, control, (position) => {
      at[i] = position;
      begins ||= gestures.begins();
      stepper?.restart();
      moved(at, 0);
    }),
  );
  const place = (positions) => positions.forEach((position, i) => inputs[i]((at[i] = position)));
  const reveal = spec.question && ask(root, plot.card, fields, spec.question, commit);
  return {
    loaded: plot.loaded,
    showError: plot.showError,
    reveal: (i) => reveal?.(i),
    show(frame) {
      plot.show(frame, stepper ? stepper.begins() : begins);
      begins = false;
      stepper?.shown(frame);
    },
    place,
    follow(positions) {
      begins ||= gestures.begins();
      place(positions);
    },
    at: () => [...at],
    destroy() {
      stepper?.pause();
      gestures.stop();
      freeKeys();
      plot.destroy();
    },
  };
}

// ---- controls ------------------------------------------------------------------------------------------------------

// One control; returns the function that puts it at a position without a word to `moved`.
function makeControl(fields, controls, { label, kind, texts, start }, moved) {
  const row = element(fields, kind === "slider" ? "label" : "div", "nnlib-row");
  const name = element(row, "span", "", label);
  name.style.minWidth = Math.max(...controls.map((control) => control.label.length)) * 0.52 + "em"; // sliders line up
  const make = { slider: makeSlider, buttons: makeButtons, list: makeList }[kind];
  const place = make(row, label, texts, moved);
  place(start);
  return place;
}

function makeSlider(row, label, texts, moved) {
  const slider = element(row, "input");
  Object.assign(slider, { type: "range", min: 0, max: texts.length - 1, step: 1 });
  slider.setAttribute("aria-label", label);
  const readout = element(row, "output");
  readout.style.minWidth = Math.max(...texts.map((text) => text.length)) + "ch";
  const tell = () => {
    readout.textContent = texts[slider.value];
    slider.setAttribute("aria-valuetext", texts[slider.value]);
  };
  slider.addEventListener("input", () => {
    tell();
    moved(Number(slider.value));
  });
  return (position) => {
    slider.value = position;
    tell();
  };
}

function makeButtons(row, label, texts, moved) {
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", label);
  const buttons = texts.map((text) => makeButton(row, text));
  const place = (position) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(i === position)));
  buttons.forEach((button, i) =>
    button.addEventListener("click", () => {
      place(i);
      moved(i);
    }),
  );
  return place;
}

function makeList(row, label, texts, moved) {
  const list = element(row, "select");
  list.setAttribute("aria-label", label);
  texts.forEach((text, i) => (element(list, "option", "", text).value = i));
  list.addEventListener("change", () => moved(Number(list.value)));
  return (position) => (list.value = position);
}

function makeButton(row, text, pressed) {
  const button = element(row, "button", "", text);
  button.type = "button";
  if (pressed) button.addEventListener("click", pressed);
  return button;
}

// ---- Step, Run, Reset ----------------------------------------------------------------------------------------------

function makeStepper(fields, { start, most, pause }, goTo) {
  const row = element(fields, "div", "nnlib-row");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let k = start;
  let last = false; // the frame on show is the last of its run
  let playing = false;
  let timer = null;
  let restarted = false;

  const stop = () => {
    playing = false;
    clearTimeout(timer);
    run.textContent = "Run";
  };
  const reset = () => {
    stop();
    restart();
    goTo(0);
  };
  const restart = () => {
    stop();
    restarted ||= k > 0;
    [k, last] = [0, false];
  };
  const step = makeButton(row, "Step", () => {
    stop();
    goTo(k + 1);
  });
  const run = makeButton(row, "Run", () => {
    if (playing) return stop();
    if (last) restart();
    if (still.matches) return goTo(most);
    playing = true;
    run.textContent = "Pause";
    goTo(k + 1);
  });
  step.setAttribute("aria-description", "take one step");
  run.setAttribute("aria-description", "take steps to the end, or pause");
  makeButton(row, "Reset", reset).setAttribute("aria-description", "go back to the start");

  return {
    restart,
    pause: stop,
    // Whether a frame is the first of a new run: the run before stays in grey.
    begins() {
      const first = restarted;
      restarted = false;
      return first;
    },
    shown(frame) {
      [k, last] = [frame.k, frame.last];
      step.disabled = last;
      if (last) stop();
      else if (playing) timer = setTimeout(() => goTo(k + 1), 1000 * pause);
    },
  };
}

// ---- the question --------------------------------------------------------------------------------------------------

// Cover the picture and lock the controls until an answer is given; `commit(i)` hears it. Returns reveal(i).
function ask(root, card, controls, { question, options, verdicts }, commit) {
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
  const reveal = (i) => {
    cover.remove();
    card.classList.remove("nnlib-asking");
    controls.disabled = false;
    verdict.textContent = verdicts[i];
    verdict.classList.remove("nnlib-hidden");
  };
  cover.addEventListener("submit", (event) => {
    event.preventDefault();
    const answer = Number(new FormData(cover).get(name));
    reveal(answer);
    commit(answer);
  });
  card.classList.add("nnlib-asking");
  controls.disabled = true;
  return reveal;
}

// ---- recorded frames -----------------------------------------------------------------------------------------------

// Unpack a record; the function returned gives the frame at a position.
async function unpack(bytes, controls) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const { parts, shapes, frames } = await new Response(stream).json();
  for (const shape of shapes) shape.points = walked(shape.points, parts);
  const runs = [];
  for (const frame of frames) {
    frame.shapes = frame.shapes.map((i) => shapes[i]);
    if (!frame.k) runs.push([]);
    runs.at(-1).push(frame);
  }
  return (at, k) => {
    const run = runs[controls.reduce((index, control, i) => index * control.texts.length + at[i], 0)];
    return run[Math.min(k, run.length - 1)];
  };
}

function walked(steps, parts) {
  const points = [];
  let [x, y] = [0, 0];
  for (let i = 0; i < steps.length; ) {
    if (steps[i] === null) {
      points.push(NaN, NaN);
      i += 1;
    } else {
      x += steps[i];
      y += steps[i + 1];
      points.push(x / parts, y / parts);
      i += 2;
    }
  }
  return Float32Array.from(points);
}
