// The page: what is shown, what is wished for, and which call fulfils it.

import { about, guess, mirrored, place, scale, standing } from "./kinematics.js";
import { download, fromBase64, openPhoto, toBase64 } from "./photo.js";
import { get, Newest, PhotoCalls, sendPhoto, SUPERSEDED } from "./server.js";
import { Stage } from "./stage.js";
import { Timeline } from "./timeline.js";

const SLOW = 150;
const MOST_UNDONE = 100;
const GROWTH = 1.06;
const SETTLED = 250;
const SMALL = 0.4;

const at = (id) => document.getElementById(id);
const rig = await get("/api/studio");
const calls = new PhotoCalls();
const state = { bitmap: null, result: null, view: [], scale: 1, source: [], target: [], follows: true };
const past = [];
let future = [];

// What is going on

const status = at("status");

function say(text, kind = "") {
  status.textContent = text;
  status.className = kind;
}

/** Does something that may fail in a way that its user should hear of. */
function guarded(work) {
  return async (...values) => {
    try {
      await work(...values);
    } catch (error) {
      if (error.status !== SUPERSEDED) say(error.message, "error");
    }
  };
}

// Painting

let slow = 0;

const painter = new Newest(
  async (wish) => {
    const start = performance.now();
    try {
      const picture = await createImageBitmap(await pictureOf(wish));
      if (wish.bitmap !== state.bitmap || timeline.plays) return;
      show("result", picture);
      say(`${Math.round(performance.now() - start)} ms`);
    } catch (error) {
      if (error.status !== SUPERSEDED) say(error.message, "error");
    }
  },
  (busy) => {
    clearTimeout(slow);
    at("result").setAttribute("aria-busy", busy);
    if (busy) slow = setTimeout(() => say("Painting", "busy"), SLOW);
    else settle();
  },
);

const panels = new Newest(async ({ source, target }) => {
  const response = await calls.post("panels", { source, target });
  const strip = await createImageBitmap(await response.blob());
  const size = strip.height;
  document.querySelectorAll("#panels canvas").forEach((canvas, index) => {
    canvas.width = canvas.height = size;
    canvas.getContext("2d").drawImage(strip, -index * size, 0);
  });
});

async function pictureOf({ source, target, crop }, tab) {
  const response = await calls.post("result", { source, target, crop }, tab);
  return response.blob();
}

function show(id, picture) {
  const canvas = at(id);
  const [x, y, width, height] = state.view;
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    canvas.parentElement.style.setProperty("--ratio", width / height);
  }
  canvas.getContext("2d").drawImage(picture, -x, -y);
  if (id !== "result") return;
  const { bitmap, result } = state;
  if (result !== picture && result !== bitmap) result.close();
  state.result = picture;
}

/** Shows all of the photo, or the part that the person moves in. */
function zoom(closer) {
  const { bitmap, source, target } = state;
  at("zoom").setAttribute("aria-pressed", closer);
  const { width, height } = bitmap;
  state.view = closer ? about([source, target], width, height) : [0, 0, width, height];
  show("photo", bitmap);
  show("result", state.result);
  for (const name of ["source", "target"]) stages[name].show(state[name], state.view);
}

let settling = 0;

/** When the hand rests: what is inside the network is shown, and the state outlives a reload. */
function settle() {
  clearTimeout(settling);
  settling = setTimeout(() => {
    keep();
    if (!at("show-panels").checked || !rig.panels.length || painter.busy || timeline.plays) return;
    panels.ask({ source: state.source, target: state.target });
  }, SETTLED);
}

// Poses

const stages = {};

function update() {
  if (!state.bitmap) return;
  for (const name of ["source", "target"]) {
    stages[name].show(state[name], state.view);
    offerMissing(name);
  }
  at("undo").disabled = !past.length;
  at("redo").disabled = !future.length;
  painter.ask({ source: state.source, target: state.target, bitmap: state.bitmap });
}

function poses() {
  return { source: state.source, target: state.target, follows: state.follows };
}

function remember() {
  timeline.stop();
  past.push(poses());
  if (past.length > MOST_UNDONE) past.shift();
  future = [];
}

function change(name, pose) {
  state[name] = pose;
  if (name === "target") state.follows = false;
  else {
    timeline.forget();
    // Until it is posed, the other pose is the photo's, corrections and all.
    if (state.follows) state.target = pose;
  }
  update();
}

/** One step that can be undone. */
function alter(name, make) {
  if (!state.bitmap) return;
  remember();
  change(name, make(state[name]));
}

function travel(from, to) {
  if (!from.length) return;
  timeline.forget();
  to.push(poses());
  Object.assign(state, from.pop());
  update();
}

function offerMissing(name) {
  const list = at(`${name}-missing`);
  const missing = rig.joints.map((_, joint) => joint).filter((joint) => !state[name][joint]);
  if (list.dataset.missing === missing.join()) return;
  list.dataset.missing = missing.join();
  list.replaceChildren(
    ...missing.map((joint) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `Add ${rig.joints[joint].replaceAll("_", " ")}`;
      button.addEventListener("click", () => {
        const { width, height } = state.bitmap;
        alter(name, (pose) => place(pose, joint, guess(rig, pose, joint, width, height)));
      });
      item.append(button);
      return item;
    }),
  );
}

/** Whether a joint is in a picture; a missing one counts as if. */
function isIn({ width, height }, point) {
  return !point || (point[0] >= -0.5 && point[0] <= width - 0.5 && point[1] >= -0.5 && point[1] <= height - 0.5);
}

for (const [name, holds] of [["source", () => false], ["target", () => at("hold").checked]]) {
  stages[name] = new Stage(at(name), rig, {
    holds,
    begin: remember,
    change: (pose) => change(name, pose),
    end: (joint) => {
      if (name === "source" && !isIn(state.bitmap, state.source[joint])) {
        change("source", place(state.source, joint, null));
      }
      settle();
    },
    remove: (joint) => alter(name, (pose) => place(pose, joint, null)),
  });
}

// Animation

const timeline = new Timeline(
  {
    list: at("keys"),
    play: at("play"),
    saves: [at("save-gif"), at("save-mp4")],
    seconds: at("seconds"),
    loop: at("loop"),
    progress: at("progress"),
  },
  rig,
  {
    mostFrames: rig.most_frames,
    cropOf: async (poses) =>
      (await (await calls.post("crop", { source: state.source, poses })).json()).crop,
    paint: (target, crop) => pictureOf({ source: state.source, target, crop }, `${calls.tab}-film`),
    show: (picture, pose) => {
      show("result", picture);
      stages.target.show(pose, state.view);
    },
    stopped: update,
    pick: (pose) => alter("target", () => pose),
    changed: settle,
  },
);

const saveAnimation = guarded(async (kind) => {
  say(`Painting ${timeline.poses().length} frames`, "busy");
  const values = { source: state.source, poses: timeline.poses(), fps: timeline.fps, format: kind };
  const response = await calls.post("animation", values);
  download(await response.blob(), `animation.${kind}`);
  say(`animation.${kind}: saved`);
});

// Photos

let loads = 0;

/** Takes up what `getting` promises, unless something newer is asked for before it is there. */
async function load(getting) {
  const mine = ++loads;
  const { photo, target, keys = [], find = false, ...given } = await getting;
  const { blob, bitmap, scale: reduced } = photo;
  const sent = await sendPhoto(blob, find);
  if (mine !== loads) return;
  Object.assign(calls, { name: sent.photo, blob });
  const { people } = sent;
  const source = given.source ?? people[0];
  const why = find ? "No one was found." : "There is no pose model.";
  const several = people.length > 1 ? `${people.length} people: click the one to pose.` : "";
  at("unknown").textContent = source ? several : why;
  stages.source.offer(people, (pose) => alter("source", () => pose));
  const { width, height } = bitmap;
  timeline.set(keys);
  past.length = 0;
  future = [];
  Object.assign(state, { bitmap, result: bitmap, scale: reduced, follows: !target });
  state.source = source ?? standing(rig, width, height);
  state.target = target ?? state.source;
  const [, , , tall] = about([state.source, state.target], width, height, 0.5);
  zoom(people.length < 2 && tall < SMALL * Math.max(width, height));
  update();
  await keepPhoto(blob);
}

const open = guarded(async (file) => {
  say("Reading the photo", "busy");
  await load(openPhoto(file).then((photo) => ({ photo, find: rig.finds_poses })));
});

function sized(joints, factor) {
  return joints.map((point) => point && point.map((value) => (value + 0.5) * factor - 0.5));
}

async function example(index) {
  const { image, joints } = await get(`/api/examples/${index}`);
  const bytes = fromBase64(image, image.startsWith("iVBOR") ? "image/png" : "image/jpeg");
  const photo = await openPhoto(bytes);
  return { photo, source: sized(joints, photo.scale) };
}

async function adopt(pose) {
  const { bitmap, source } = state;
  const response = await calls.post("fit", { source, pose });
  const { joints } = await response.json();
  if (bitmap === state.bitmap) alter("target", () => joints);
}

const copyPose = guarded(async (file) => {
  say("Looking for the pose", "busy");
  const [pose] = (await sendPhoto((await openPhoto(file)).blob, true)).people;
  if (!pose) throw new Error("No one was found in that photo.");
  await adopt(pose);
});

async function offerExamples() {
  for (const [index, name] of rig.examples.entries()) {
    const { photo } = await example(index);
    const item = document.createElement("li");
    const use = document.createElement("button");
    use.type = "button";
    use.title = name;
    const image = document.createElement("img");
    image.src = URL.createObjectURL(photo.blob);
    image.alt = `${name}: use as the photo`;
    use.append(image);
    use.addEventListener("click", guarded(() => load(example(index))));
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy pose";
    copy.setAttribute("aria-label", `Copy the pose of ${name}`);
    copy.addEventListener("click", guarded(async () => adopt((await example(index)).source)));
    item.append(use, copy);
    at("examples").append(item);
  }
}

// What outlives a reload, in this tab only

async function keepPhoto(blob) {
  try {
    sessionStorage.setItem("photo", JSON.stringify({ image: await toBase64(blob), type: blob.type }));
  } catch {
    sessionStorage.clear();
  }
}

function keep() {
  if (!state.bitmap || !sessionStorage.getItem("photo")) return;
  const { scale: reduced, source, target, follows } = state;
  const kept = { joints: rig.joints, scale: reduced, source, target: follows ? null : target };
  sessionStorage.setItem("poses", JSON.stringify({ ...kept, keys: timeline.keys }));
}

async function restore() {
  const photo = JSON.parse(sessionStorage.getItem("photo"));
  const kept = JSON.parse(sessionStorage.getItem("poses"));
  if (!photo || !kept || kept.joints.join() !== rig.joints.join()) return false;
  const opened = await openPhoto(fromBase64(photo.image, photo.type));
  const { source, target, keys } = kept;
  await load({ photo: { ...opened, scale: kept.scale }, source, target, keys });
  return true;
}

addEventListener("pagehide", keep);

// Controls

function on(id, work) {
  at(id).addEventListener("click", work);
}

function saveJoints(name) {
  const points = sized(state[name], 1 / state.scale).map((point) => point?.map((v) => +v.toFixed(2)) ?? null);
  const named = Object.fromEntries(rig.joints.map((joint, index) => [joint, points[index]]));
  const text = JSON.stringify(named, null, 1);
  download(new Blob([text], { type: "application/json" }), `${name}_joints.json`);
}

function taking(id, work) {
  at(id).addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) work(file);
    event.target.value = "";
  });
}

on("zoom", () => state.bitmap && zoom(at("zoom").getAttribute("aria-pressed") !== "true"));
on("mirror", () => alter("target", (pose) => mirrored(rig, pose)));
on("reset", () => alter("target", () => state.source));
on("smaller", () => alter("target", (pose) => scale(pose, 1 / GROWTH)));
on("larger", () => alter("target", (pose) => scale(pose, GROWTH)));
on("undo", () => travel(past, future));
on("redo", () => travel(future, past));
on("stand", () => alter("source", () => standing(rig, state.bitmap.width, state.bitmap.height)));
on("save-source", () => saveJoints("source"));
on("save-target", () => saveJoints("target"));
on("save-picture", guarded(async () => {
  const { source, target } = state;
  download(await (await calls.post("result", { source, target, format: "png" }, `${calls.tab}-save`)).blob(), "posed.png");
}));
on("key", () => timeline.add(state.target));
on("play", guarded(async () => {
  if (timeline.plays) timeline.stop();
  else await timeline.play();
}));
on("save-gif", () => saveAnimation("gif"));
on("save-mp4", () => saveAnimation("mp4"));
at("seconds").addEventListener("change", () => timeline.forget());
at("loop").addEventListener("change", () => timeline.forget());
at("show-panels").addEventListener("change", (event) => {
  at("panels").hidden = !event.target.checked;
  settle();
});
at("joints").addEventListener("change", (event) => at("target").classList.toggle("off", !event.target.checked));
taking("open", open);
taking("copy", copyPose);

addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.target.matches("input[type=number]")) return;
  const key = event.key.toLowerCase();
  const redo = key === "y" || (key === "z" && event.shiftKey);
  if (!redo && key !== "z") return;
  event.preventDefault();
  at(redo ? "redo" : "undo").click();
});

let dragged = 0;
addEventListener("dragenter", () => { at("drop").hidden = !++dragged; });
addEventListener("dragleave", () => { at("drop").hidden = !--dragged; });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  dragged = 0;
  at("drop").hidden = true;
  const [file] = event.dataTransfer.files;
  if (file) open(file);
});

// The beginning

const size = `${rig.image_size} × ${rig.image_size} pixels`;
at("model").textContent = `${rig.skeleton}, ${rig.joints.length} joints, ${size}`;
at("panels-section").hidden = !rig.panels.length;
for (const name of rig.panels) {
  const figure = document.createElement("figure");
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  figure.append(canvas, caption);
  at("panels").append(figure);
}
if (!rig.finds_poses) {
  at("copy").disabled = true;
  at("copy-label").classList.add("disabled");
  at("copy-label").title = "Needs a pose model: start the studio with --pose_model";
}
timeline.set([]);
await guarded(async () => {
  if (await restore() || !rig.examples.length) return;
  await load(example(0));
})();
guarded(offerExamples)();
