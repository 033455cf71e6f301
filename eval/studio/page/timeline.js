// Key poses, what is between them, and the film that they make.

import { between } from "./kinematics.js";
import { drawLimbs } from "./stage.js";

const FPS = 12;

export class Timeline {
  /**
   * `paint(pose, crop)` gives an image file, `cropOf(poses)` a crop; `show(picture, pose)` is
   * called while it plays, `stopped` when it ends, `pick(pose)` for a key pose that is clicked.
   */
  constructor(elements, rig, { paint, cropOf, show, stopped, pick, changed, mostFrames }) {
    Object.assign(this, { elements, rig, paint, cropOf, show, stopped, pick, changed, mostFrames });
    this.keys = [];
    this.film = null;
    this.run = 0;
  }

  /** The frames' poses: from key to key, and back to the first if it is a loop. */
  poses() {
    const { seconds, loop } = this.elements;
    const keys = loop.checked && this.keys.length > 1 ? [...this.keys, this.keys[0]] : this.keys;
    const most = Math.floor((this.mostFrames - 1) / Math.max(1, keys.length - 1));
    const steps = Math.max(1, Math.min(most, Math.round(FPS * seconds.value)));
    const poses = keys.slice(1).flatMap((key, index) =>
      Array.from({ length: steps }, (_, step) => between(this.rig, keys[index], key, step / steps)),
    );
    return loop.checked && poses.length ? poses : [...poses, keys[keys.length - 1]];
  }

  get fps() {
    return FPS;
  }

  set(keys) {
    this.keys = keys;
    this.forget();
    this.draw();
  }

  add(pose) {
    this.set([...this.keys, pose]);
    this.changed();
  }

  /** Frames that were painted are of no use any more. */
  forget() {
    this.stop();
    this.film = null;
  }

  draw() {
    const { list, play, saves } = this.elements;
    list.replaceChildren(
      ...this.keys.map((pose, index) => {
        const item = document.createElement("li");
        const show = document.createElement("button");
        show.type = "button";
        show.className = "key";
        show.setAttribute("aria-label", `Key pose ${index + 1}: take it up`);
        show.append(this.thumbnail(pose));
        show.addEventListener("click", () => this.pick(pose));
        const remove = document.createElement("button");
        remove.type = "button";
        remove.className = "remove";
        remove.textContent = "×";
        remove.setAttribute("aria-label", `Remove key pose ${index + 1}`);
        remove.addEventListener("click", () => {
          this.set(this.keys.filter((_, other) => other !== index));
          this.changed();
        });
        item.append(show, remove);
        return item;
      }),
    );
    for (const button of [play, ...saves]) button.disabled = this.keys.length < 2;
  }

  thumbnail(pose) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const points = pose.filter(Boolean);
    const [xs, ys] = [0, 1].map((axis) => points.map((point) => point[axis]));
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const side = 1.2 * Math.max(Math.max(...xs) - left, Math.max(...ys) - top, 1);
    const [x, y] = [left + Math.max(...xs) - side, top + Math.max(...ys) - side].map((v) => v / 2);
    svg.setAttribute("viewBox", `${x} ${y} ${side} ${side}`);
    svg.setAttribute("aria-hidden", "true");
    drawLimbs(svg, this.rig, pose);
    return svg;
  }

  get plays() {
    return this.elements.play.getAttribute("aria-pressed") === "true";
  }

  stop() {
    this.run += 1;
    if (!this.plays) return;
    this.elements.play.setAttribute("aria-pressed", "false");
    this.elements.play.textContent = "Play";
    this.elements.progress.hidden = true;
    this.stopped();
  }

  /** Paints all frames, showing each as it comes, then plays them over and over. */
  async play() {
    const { play, progress } = this.elements;
    const run = ++this.run;
    play.setAttribute("aria-pressed", "true");
    play.textContent = "Stop";
    try {
      const poses = this.poses();
      if (!this.film) {
        const film = [];
        progress.hidden = false;
        progress.max = poses.length;
        const crop = await this.cropOf(poses);
        for (const pose of poses) {
          const file = await this.paint(pose, crop);
          if (!(await this.project(file, pose, run))) return;
          film.push(file);
          progress.value = film.length;
        }
        progress.hidden = true;
        this.film = film;
      }
      await this.repeat(poses, run);
    } catch (error) {
      // What went wrong with a film that was stopped is nothing to the next one.
      if (run !== this.run) return;
      this.stop();
      throw error;
    }
  }

  async repeat(poses, run) {
    const start = performance.now();
    for (let shown = -1; ; ) {
      const now = await new Promise(requestAnimationFrame);
      if (run !== this.run) return;
      const frame = Math.floor(Math.max(0, now - start) * FPS / 1000) % poses.length;
      if (frame !== shown && !(await this.project(this.film[frame], poses[frame], run))) return;
      shown = frame;
    }
  }

  /** Shows a frame, unless the film was stopped. It is decoded anew: all decoded fill memory. */
  async project(file, pose, run) {
    const picture = await createImageBitmap(file);
    if (run === this.run) this.show(picture, pose);
    return run === this.run;
  }
}
