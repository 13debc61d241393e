"use strict";

// The server keeps the network's maps of the picture: sliders ask it to score these again.

const byId = (id) => document.getElementById(id);
const sliders = ["alpha", "score_threshold", "nms_threshold"].map(byId);
// Those of drawn pictures (Sources/CIoUImage/draw_palette.c); classes beyond share them.
const colours = [
  "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442",
  "#ff3b30", "#7a4a2b", "#a4de02", "#3d37c9", "#ff7ad9", "#00796b", "#b00020",
  "#64c8ff", "#6b8e23", "#c49bff", "#ff8a65", "#14427f", "#e8e8e8",
];

let models = [];
let picture = null; // the file that is shown
let token = null; // of the run that the server keeps
let found = []; // by falling S
let pending = null; // a rescoring that waits for the one under way
let isAsking = false;
let turn = 0; // answers to an earlier picture are dropped

const model = () => models.find((one) => one.name === byId("model").value);

function say(text, failed = false) {
  byId("status").textContent = text;
  byId("status").classList.toggle("failed", failed);
}

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (byId("token").value) headers.Authorization = `Bearer ${byId("token").value}`;
  const answer = await fetch(path, { ...options, headers });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (answer.status === 401) byId("token-field").hidden = false;
  throw Object.assign(new Error(body.error ?? `HTTP ${answer.status}`), { status: answer.status });
}

async function loadModels() {
  models = (await ask("v1/models")).models.filter((one) => one.detector);
  const options = models.map((one) => new Option(one.name, one.name));
  byId("model").replaceChildren(...options);
  showModel();
  say(models.length > 0 ? "" : "The server has no detector.", models.length === 0);
}

// ---- Sliders -------------------------------------------------------------------------------

function showModel() {
  const one = model();
  for (const slider of sliders) {
    slider.value = one?.[slider.id] ?? 1;
    slider.disabled = one?.[slider.id] == null || (slider.id === "alpha" && !one.predicts_iou);
    showValue(slider);
  }
}

function showValue(slider) {
  slider.nextElementSibling.value = slider.disabled ? "–" : Number(slider.value).toFixed(2);
}

const settings = () =>
  Object.fromEntries(sliders.filter((one) => !one.disabled).map((one) => [one.id, Number(one.value)]));

// ---- Detection -----------------------------------------------------------------------------

async function detect(file) {
  const own = ++turn;
  picture = file;
  token = null;
  say("Looking…");
  const one = model();
  const query = new URLSearchParams({ ...settings(), model: one?.name ?? "", keep: one?.rescores ? 1 : 0 });
  try {
    await show(file);
    const start = performance.now();
    const answer = await ask(`v1/detect?${query}`, {
      method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" },
    });
    if (own !== turn) return;
    token = answer.token ?? null;
    place(answer);
    say(`${answer.width} × ${answer.height}, ${Math.round(performance.now() - start)} ms`);
  } catch (error) {
    if (own === turn) {
      clear();
      say(error.message, true);
    }
  }
}

async function rescore() {
  if (!picture) return;
  if (isAsking) {
    pending = true;
    return;
  }
  isAsking = true;
  const own = turn;
  try {
    if (token === null) {
      await detect(picture);
    } else {
      const start = performance.now();
      const answer = await ask("v1/rescore", {
        method: "POST", body: JSON.stringify({ token, ...settings() }),
        headers: { "Content-Type": "application/json" },
      });
      if (own === turn) {
        place(answer);
        say(`scored again in ${Math.round(performance.now() - start)} ms`);
      }
    }
  } catch (error) {
    // The server forgot the run: it sees the picture again.
    if (error.status === 410 && own === turn) {
      token = null;
      pending = true;
    } else {
      say(error.message, true);
    }
  } finally {
    isAsking = false;
    if (pending) {
      pending = null;
      rescore();
    }
  }
}

// ---- The picture and its boxes -------------------------------------------------------------

async function show(file) {
  const image = byId("picture");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(file);
  byId("boxes").replaceChildren();
  byId("hint").hidden = true;
  byId("frame").hidden = false;
  await image.decode().catch(() => {
    throw new Error(`${file.name}: expected a picture that this browser shows`);
  });
}

function clear() {
  picture = null;
  place({ detections: [], width: 1, height: 1 });
  byId("count").textContent = "";
  byId("frame").hidden = true;
  byId("hint").hidden = false;
}

function place(answer) {
  found = answer.detections;
  const svg = byId("boxes");
  svg.setAttribute("viewBox", `0 0 ${answer.width} ${answer.height}`);
  // The best come last, and so on top.
  const boxes = found.map((one, index) => {
    const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const [x1, y1, x2, y2] = one.box;
    const sides = { x: x1, y: y1, width: Math.max(x2 - x1, 0), height: Math.max(y2 - y1, 0) };
    for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, value);
    rect.setAttribute("stroke", colour(one));
    rect.dataset.index = index;
    return rect;
  });
  svg.replaceChildren(...boxes.reverse());
  byId("rows").replaceChildren(...found.map(row));
  byId("count").textContent = found.length === 1 ? "1 object" : `${found.length} objects`;
  byId("tip").hidden = true;
}

const colour = (one) => colours[one.class % colours.length];
const digits = (value) => (value == null ? "–" : value.toFixed(3));

function row(one, index) {
  const line = document.createElement("tr");
  line.dataset.index = index;
  for (const text of [one.label, digits(one.score), digits(one.probability), digits(one.iou)]) {
    line.insertCell().textContent = text;
  }
  line.cells[0].style.borderLeftColor = colour(one);
  line.addEventListener("mouseenter", () => mark([index]));
  line.addEventListener("mouseleave", () => mark([]));
  return line;
}

function mark(indices) {
  for (const element of document.querySelectorAll("[data-index]")) {
    element.classList.toggle("on", indices.includes(Number(element.dataset.index)));
  }
}

// All boxes under the pointer, by falling S.
function point(event) {
  const frame = byId("frame").getBoundingClientRect();
  const view = byId("boxes").viewBox.baseVal;
  if (!view || frame.width === 0) return;
  const x = ((event.clientX - frame.left) / frame.width) * view.width;
  const y = ((event.clientY - frame.top) / frame.height) * view.height;
  const under = [...found.keys()].filter((index) => {
    const [x1, y1, x2, y2] = found[index].box;
    return x1 <= x && x <= x2 && y1 <= y && y <= y2;
  });
  mark(under);
  const tip = byId("tip");
  tip.hidden = under.length === 0;
  tip.textContent = under.map((index) => {
    const one = found[index];
    return `${one.label}  S ${digits(one.score)}  p ${digits(one.probability)}  IoU ${digits(one.iou)}`;
  }).join("\n");
  tip.style.left = `${Math.min(event.clientX - frame.left + 14, Math.max(frame.width - tip.offsetWidth, 0))}px`;
  tip.style.top = `${event.clientY - frame.top + 18}px`;
  byId("rows").querySelector("tr.on")?.scrollIntoView({ block: "nearest" });
}

// ---- Events --------------------------------------------------------------------------------

const stage = byId("stage");
for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    stage.classList.toggle("over", name === "dragenter" || name === "dragover");
  });
}
document.addEventListener("drop", (event) => {
  if (event.dataTransfer.files[0]) detect(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files[0]) detect(event.clipboardData.files[0]);
});
byId("choose").addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", (event) => {
  if (event.target.files[0]) detect(event.target.files[0]);
  event.target.value = "";
});
for (const slider of sliders) {
  slider.addEventListener("input", () => {
    showValue(slider);
    rescore();
  });
}
byId("reset").addEventListener("click", () => {
  showModel();
  rescore();
});
byId("model").addEventListener("change", () => {
  showModel();
  if (picture) detect(picture);
});
byId("token").addEventListener("change", () => loadModels().catch((error) => say(error.message, true)));
byId("frame").addEventListener("mousemove", point);
byId("frame").addEventListener("mouseleave", () => {
  mark([]);
  byId("tip").hidden = true;
});
loadModels().catch((error) => say(error.message, true));
