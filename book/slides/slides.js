// Slides that fit their screen: formulas first, then figures as large as they may be, then what is too long is broken.

const ROOM = 42; // rem from the top of a slide to the last line
const NARROWEST = 20, WIDEST = 75; // rem, the picture of a figure
const LAYOUTS = ["below", "beside", "beside and below"]; // where a figure has its numbers and controls, and its verdict
const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const end = (page) => page.getBoundingClientRect().top + ROOM * rem();
const bottom = (node) => node.getBoundingClientRect().bottom;

// ---- figures -------------------------------------------------------------------------------------------------------

// Of all layouts the one with the widest picture that leaves the whole figure on its slide.
function fit(plot) {
  const widest = LAYOUTS.map((layout) => [widestPicture(plot, layout), layout]).sort(([a], [b]) => b - a);
  lay(plot, ...widest[0]);
}

function widestPicture(plot, layout) {
  let [low, high] = [NARROWEST, WIDEST];
  while (high - low > 0.25) {
    const middle = (low + high) / 2;
    lay(plot, middle, layout);
    if (isTooLarge(plot)) high = middle;
    else low = middle;
  }
  return low;
}

function lay(plot, width, layout) {
  plot.dataset.layout = layout;
  plot.style.setProperty("--picture", width + "rem");
}

function isTooLarge(plot) {
  return bottom(plot) > end(plot.closest("section")) || plot.scrollWidth > plot.clientWidth;
}

// Fit all figures, now and whenever their words get longer.
async function fitFigures() {
  const missing = ".nnlib-figure:not(:has(.nnlib-plot))";
  for (let i = 0; i < 200 && document.querySelector(missing); i += 1) await new Promise((wake) => setTimeout(wake, 50));
  const watch = new ResizeObserver((seen) => seen.map(({ target }) => target).filter(isTooLarge).forEach(fit));
  for (const plot of document.querySelectorAll(".nnlib-plot")) {
    plot.closest(".nnlib-figure").dataset.preventSwipe = "";
    fit(plot);
    watch.observe(plot);
  }
}

// ---- breaks --------------------------------------------------------------------------------------------------------

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const pages = () => all(".slides > section > section");

// A formula, a table or code that is too wide gets smaller.
function narrow(node) {
  const formula = node.querySelector(":scope > svg");
  const { left, width } = (formula ?? node).getBoundingClientRect();
  const room = node.closest("section").getBoundingClientRect().right - 2.5 * rem() - left;
  scale(node, room / (formula ? width : node.scrollWidth));
}

function scale(node, ratio) {
  if (ratio < 1) node.style.fontSize = (ratio * parseFloat(getComputedStyle(node).fontSize)) / rem() + "rem";
}

// A comma or a full stop stays with the formula before it: a browser would begin a line with it.
function keepPunctuation(formula) {
  const [mark] = /^[.,;:?!)’”]+/.exec(formula.nextSibling?.nodeType === Node.TEXT_NODE ? formula.nextSibling.data : "") ?? [];
  if (!mark) return;
  const kept = document.createElement("span");
  kept.className = "kept";
  formula.nextSibling.deleteData(0, mark.length);
  formula.replaceWith(kept);
  kept.append(formula, mark);
}

// Above a slide without a heading stands that of its section.
function addHeaders() {
  let heading = null;
  for (const page of pages()) {
    heading = page.querySelector("h1, h2, h3") ?? heading;
    if (heading.parentElement !== page) page.prepend(header(heading));
  }
}

function header(heading) {
  const made = document.createElement("header");
  made.append(...heading.cloneNode(true).childNodes);
  return made;
}

// Move what does not fit to a new slide below, and so on; the slides of one text get about equally long.
function breakUp(page) {
  const top = page.getBoundingClientRect().top;
  const blocks = [...page.children].filter((block) => !block.matches("header, .code"));
  const height = blocks.length ? (bottom(blocks.at(-1)) - top) / rem() : 0;
  if (height <= ROOM) return;
  const limit = top + Math.min(ROOM, height / Math.ceil(height / ROOM) + 4) * rem();
  const late = blocks.findIndex((block) => bottom(block) > limit);
  const begin = secondPart(blocks[late], limit) ?? blocks[breakBefore(blocks, late)];
  if (begin) {
    const next = document.createElement("section");
    next.append(header(page.querySelector("h1, h2, h3, header")), ...withCode(begin));
    page.after(next);
    breakUp(next);
  }
  if (blocks[late].parentElement === page && bottom(blocks[late]) > end(page)) lower(blocks[late]);
}

// A block that is too long for any slide and has no place to break.
function lower(block) {
  const { top, height } = block.getBoundingClientRect();
  scale(block.querySelector("pre") ?? block, (end(block.parentElement) - top) / height);
}

// Which block begins the next slide: what announces another one stays with it, and no slide is left empty.
function breakBefore(blocks, late) {
  const first = blocks.findIndex((block) => !isHeading(block));
  let at = late;
  while (at > first && announces(blocks[at - 1])) at -= 1;
  return at > first ? at : first + 1;
}

const isHeading = (block) => block.matches("h1, h2, h3, h4");
const announces = (block) => isHeading(block) || /[:,]\s*$/.test(block.textContent) || isHalfSentence(block);

// Text that goes on in the formula below it.
function isHalfSentence(block) {
  return block.matches("p") && block.lastChild?.nodeType === Node.TEXT_NODE && /[\p{L}\d]\s*$/u.test(block.textContent);
}

// The block and all after it, and the code that made it.
function withCode(block) {
  while (block.previousElementSibling?.matches(".code")) block = block.previousElementSibling;
  const siblings = [...block.parentElement.children];
  return siblings.slice(siblings.indexOf(block));
}

// What of a list, a table or an output goes to the next slide, as a block of its own; nothing if none of it may stay.
function secondPart(block, limit) {
  if (block.matches("pre")) return secondLines(block, limit);
  const items = block.matches("ul, ol") ? [...block.children] : block.matches("table") ? [...block.tBodies[0].rows] : [];
  const late = items.findIndex((item) => bottom(item) > limit);
  if (late < 1) return null;
  const rest = block.cloneNode(false);
  if (block.matches("ol")) rest.start = block.start + late;
  if (block.matches("table")) rest.append(block.tHead.cloneNode(true));
  (block.matches("table") ? rest.createTBody() : rest).append(...items.slice(late));
  block.after(rest);
  return rest;
}

function secondLines(block, limit) {
  const lines = block.textContent.trimEnd().split("\n");
  const { top, height } = block.getBoundingClientRect();
  const fit = Math.floor((lines.length * (limit - top)) / height);
  const gap = lines.lastIndexOf("", fit); // between two functions, if there is room for one
  const stay = gap > 3 ? gap : fit;
  if (stay < 3 || stay >= lines.length) return null;
  const rest = block.cloneNode(false);
  rest.textContent = lines.slice(stay).join("\n").replace(/^\n+/, "");
  block.textContent = lines.slice(0, stay).join("\n");
  block.after(rest);
  return rest;
}

// ---- code ----------------------------------------------------------------------------------------------------------

// All code of a slide in one place, which covers the slide when it is asked for.
function gatherCode(page) {
  const [first, ...others] = all(":scope > .code", page);
  if (!first) return;
  for (const other of others) {
    first.append(...other.childNodes);
    other.remove();
  }
  first.tabIndex = 0;
  first.setAttribute("aria-label", "Code of this slide");
}

function makeSwitch(button) {
  const shown = document.body.classList;
  const toggle = () => button.setAttribute("aria-pressed", String(shown.toggle("code-shown")));
  const update = () => (button.disabled = !Reveal.getCurrentSlide().querySelector(".code"));
  button.addEventListener("click", toggle);
  button.addEventListener("keydown", (event) => event.key === " " && event.stopPropagation()); // not the next slide too
  Reveal.addKeyBinding({ keyCode: 67, key: "C", description: "Show or hide the code" }, toggle);
  Reveal.on("slidechanged", update);
  update();
}

// ---- start ---------------------------------------------------------------------------------------------------------

// A presenter's remote turns slides wherever the focus is, and a slider that is out of sight hears no keys.
function mindTheFocus() {
  const turn = { PageDown: () => Reveal.next(), PageUp: () => Reveal.prev() };
  const listen = (event) => {
    if (!turn[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    turn[event.key]();
  };
  document.addEventListener("keydown", listen, { capture: true });
  Reveal.on("slidechanged", () => document.activeElement.blur());
}

async function start() {
  await MathJax.startup.defaultPageReady();
  await document.fonts.ready;
  all(".slides mjx-container:not([display])").forEach(keepPunctuation);
  all(".slides :is(mjx-container, table, pre)").forEach(narrow);
  addHeaders();
  await fitFigures();
  pages().forEach(breakUp);
  pages().forEach(gatherCode);
  document.documentElement.classList.remove("measuring");
  await Reveal.initialize({
    ...{ width: "100%", height: "100%", margin: 0, minScale: 1, maxScale: 1, center: false },
    ...{ hash: true, transition: "none", slideNumber: "c/t" },
    keyboardCondition: ({ target }) => !target.closest(".nnlib-plot"), // the keys of a figure are its own
  });
  makeSwitch(document.getElementById("code"));
  mindTheFocus();
}

window.MathJax = {
  tex: { inlineMath: [["$", "$"]] },
  options: { enableMenu: false, ignoreHtmlClass: "nnlib-figure" },
  startup: { pageReady: start },
};
