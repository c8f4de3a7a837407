// The figures of the front page move by themselves, until somebody takes one over or pauses them all. They stand still
// for readers who ask for less motion, and while they are out of sight.

const strip = document.querySelector(".strip");
const pause = strip.querySelector(":scope > button");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const PERIOD = 7000; // milliseconds for all positions of a slider, there and back
let inSight = false;

const pressed = () => pause.getAttribute("aria-pressed") === "true";
const moves = () => inSight && !pressed() && !calm.matches;

function sway(slider, phase) {
  const last = Number(slider.max);
  const begin = performance.now();
  let taken = false;
  let at = null;
  for (const event of ["pointerdown", "keydown"]) slider.addEventListener(event, () => (taken = true));
  setInterval(() => {
    if (taken || !moves()) return;
    const part = ((performance.now() - begin) / PERIOD + phase) % 1;
    const next = Math.round(last * (1 - Math.abs(1 - 2 * part)));
    if (next === at) return;
    slider.value = at = next;
    slider.dispatchEvent(new Event("input"));
  }, 50);
}

pause.addEventListener("click", () => pause.setAttribute("aria-pressed", String(!pressed())));
pause.setAttribute("aria-pressed", "false");
pause.hidden = calm.matches;
new IntersectionObserver(([entry]) => (inSight = entry.isIntersecting)).observe(strip);

// A figure takes the place of its picture a moment after the page has loaded.
const begin = () => {
  const sliders = strip.querySelectorAll("input[type=range]");
  if (sliders.length < strip.querySelectorAll("section").length) return setTimeout(begin, 100);
  sliders.forEach((slider, i) => sway(slider, 0.25 + 0.3 * i));
};
begin();
