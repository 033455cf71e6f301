// A picture's joints, to be dragged or moved by keys: one SVG over one picture.

import { drag, dragLimb, middle, move, place } from "./kinematics.js";

const RADIUS = 6;
const TOUCH_RADIUS = 16;
const STEP = 0.01;

function make(kind, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return parent.appendChild(element);
}

/** Whose side joints are on, for their colour. */
export function side(names) {
  return ["right", "left"].find((word) => names.every((name) => name.includes(word))) || "middle";
}

/** Lines of a pose, for a thumbnail. */
export function drawLimbs(svg, rig, pose) {
  for (const ends of rig.limbs) {
    const [from, to] = ends.map((end) => middle(pose, end));
    if (!from || !to) continue;
    const names = ends.flat().map((joint) => rig.joints[joint]);
    make("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: `limb ${side(names)}` }, svg);
  }
}

export class Stage {
  /**
   * `holds()` says whether limbs keep their lengths; `begin`, `change(pose)` and `end` tell of a
   * drag, of `joint` if of one; `remove(joint)` of a joint that is to be missing.
   */
  constructor(svg, rig, { holds, begin, change, end, remove }) {
    Object.assign(this, { svg, rig, holds, begin, change, end, remove, pose: [], view: [], drags: false });
    this.ground = make("rect", { class: "ground", x: 0, y: 0 }, svg);
    this.others = make("g", {}, svg);
    this.limbs = rig.limbs.map((ends, index) => {
      const names = ends.flat().map((joint) => rig.joints[joint]);
      const group = make("g", { class: `limb ${side(names)}`, "data-limb": index }, svg);
      make("line", { class: "reach" }, group);
      make("line", { class: "bone" }, group);
      return group;
    });
    this.joints = rig.joints.map((name, index) => this.makeJoint(name, index));
    svg.addEventListener("pointerdown", (event) => this.take(event));
    // A finger on a joint or a limb drags; beside the person, it scrolls the page.
    const hold = (event) => event.target.closest("[data-limb], [data-joint]") && event.preventDefault();
    svg.addEventListener("touchstart", hold, { passive: false });
    new ResizeObserver(() => this.resize()).observe(svg);
  }

  makeJoint(name, index) {
    const attributes = { class: `joint ${side([name])}`, "data-joint": index, tabindex: 0, role: "button" };
    const group = make("g", { ...attributes, "aria-roledescription": "movable joint" }, this.svg);
    make("circle", { class: "reach" }, group);
    make("circle", { class: "dot" }, group);
    make("title", {}, group).textContent = name.replaceAll("_", " ");
    group.addEventListener("keydown", (event) => this.press(event, index));
    return group;
  }

  /** Shows a pose over a part [x, y, width, height] of a picture. */
  show(pose, view) {
    this.pose = pose;
    if (this.view.join() !== view.join()) {
      this.view = view;
      // Joints count from the centre of the first pixel.
      const [x, y, width, height] = [view[0] - 0.5, view[1] - 0.5, view[2], view[3]];
      this.svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
      for (const [name, value] of Object.entries({ x, y, width, height })) {
        this.ground.setAttribute(name, value);
      }
      this.resize();
    }
    this.limbs.forEach((group, index) => {
      const [from, to] = this.rig.limbs[index].map((end) => middle(pose, end));
      group.toggleAttribute("hidden", !from || !to);
      if (!from || !to) return;
      for (const line of group.children) {
        const values = { x1: from[0], y1: from[1], x2: to[0], y2: to[1] };
        for (const [name, value] of Object.entries(values)) line.setAttribute(name, value);
      }
    });
    this.joints.forEach((group, index) => {
      const point = pose[index];
      group.toggleAttribute("hidden", !point);
      if (!point) return;
      group.setAttribute("transform", `translate(${point[0]} ${point[1]})`);
      const [x, y] = point.map(Math.round);
      group.setAttribute("aria-label", `${this.rig.joints[index].replaceAll("_", " ")}, ${x}, ${y}`);
    });
  }

  /** Shows several people, of whom a click calls `pick` with the pose of one. */
  offer(people, pick) {
    this.others.replaceChildren();
    if (people.length < 2) return;
    for (const pose of people) {
      const person = make("g", { class: "person" }, this.others);
      drawLimbs(person, this.rig, pose);
      person.addEventListener("click", () => pick(pose));
    }
  }

  /** Pixels of the picture in one of the screen. */
  get unit() {
    return (this.view[2] || 1) / (this.svg.clientWidth || 1);
  }

  resize() {
    const unit = this.unit;
    for (const group of this.joints) {
      group.querySelector(".dot").setAttribute("r", RADIUS * unit);
      group.querySelector(".reach").setAttribute("r", TOUCH_RADIUS * unit);
    }
  }

  at(event) {
    const point = new DOMPoint(event.clientX, event.clientY);
    const { x, y } = point.matrixTransform(this.svg.getScreenCTM().inverse());
    return [x, y];
  }

  take(event) {
    // One hand at a time; and a finger beside the person scrolls the page.
    if (this.drags || event.button !== 0 || (event.pointerType === "touch" && event.target === this.ground)) return;
    const joint = this.nearest(event);
    if (joint === null && this.others.contains(event.target)) return;
    const limb = event.target.closest("[data-limb]")?.dataset.limb;
    const [before, from] = [this.pose, this.at(event)];
    const offset = joint === null ? null : before[joint].map((value, axis) => value - from[axis]);
    const pulled = (to, loose) => {
      if (joint !== null) return this.pulled(before, joint, to.map((v, axis) => v + offset[axis]), loose);
      if (limb !== undefined && this.holds()) return dragLimb(this.rig, before, +limb, from, to);
      return move(before, [to[0] - from[0], to[1] - from[1]]);
    };
    event.preventDefault();
    if (joint !== null) this.joints[joint].focus({ preventScroll: true });
    this.svg.setPointerCapture(event.pointerId);
    this.drags = true;
    let moved = false;
    const pull = (later) => {
      if (later.pointerId !== event.pointerId) return;
      if (!moved) this.begin();
      moved = true;
      this.change(pulled(this.at(later), later.shiftKey));
    };
    const drop = (later) => {
      if (later.pointerId !== event.pointerId) return;
      this.drags = false;
      this.svg.removeEventListener("pointermove", pull);
      this.svg.removeEventListener("lostpointercapture", drop);
      if (moved) this.end(joint);
    };
    this.svg.addEventListener("pointermove", pull);
    this.svg.addEventListener("lostpointercapture", drop);
  }

  /** The joint that was meant: of those in reach the nearest, as they overlap. */
  nearest(event) {
    const [x, y] = this.at(event);
    const reach = (event.pointerType === "touch" ? TOUCH_RADIUS : 1.7 * RADIUS) * this.unit;
    const gaps = this.pose.map((point) => (point ? Math.hypot(point[0] - x, point[1] - y) : Infinity));
    const least = Math.min(...gaps);
    return least <= reach ? gaps.indexOf(least) : null;
  }

  pulled(pose, joint, to, loose) {
    return this.holds() && !loose ? drag(this.rig, pose, joint, to) : place(pose, joint, to);
  }

  press(event, joint) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (way) {
      const step = event.altKey ? 1 : Math.max(1, STEP * Math.max(...this.view.slice(2)));
      const to = this.pose[joint].map((value, axis) => value + step * way[axis]);
      this.begin();
      this.change(this.pulled(this.pose, joint, to, event.shiftKey));
      this.end(joint);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.remove(joint);
    } else {
      return;
    }
    event.preventDefault();
  }
}
