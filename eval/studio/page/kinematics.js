// Poses and how they are bent: pure functions. A pose is a list of [x, y] or null, in the order
// of the rig's joints. A rig has `hangs_on`: for every joint, those about whose mean it turns;
// `limbs`: two groups of joints each; `mirror`: what each joint is in a mirror; and `template`.

const add = (a, b) => [a[0] + b[0], a[1] + b[1]];
const minus = (a, b) => [a[0] - b[0], a[1] - b[1]];
const times = (a, factor) => [a[0] * factor, a[1] * factor];
const length = (a) => Math.hypot(a[0], a[1]);
const angle = (a) => Math.atan2(a[1], a[0]);
const cross = (a, b) => a[0] * b[1] - a[1] * b[0];

function turned(point, about, by) {
  const [x, y] = minus(point, about);
  const [cos, sin] = [Math.cos(by), Math.sin(by)];
  return add(about, [cos * x - sin * y, sin * x + cos * y]);
}

/** The mean of some joints of a pose; null if one is missing or there are none. */
export function middle(pose, joints) {
  if (!joints.length || joints.some((joint) => !pose[joint])) return null;
  return times(joints.map((joint) => pose[joint]).reduce(add), 1 / joints.length);
}

/** The joints that go where some joints go: these, and all that hangs on nothing else. */
function carried(rig, joints) {
  const moving = new Set(joints);
  for (let before = -1; before !== moving.size; ) {
    before = moving.size;
    rig.hangs_on.forEach((parents, joint) => {
      if (parents.length && parents.every((parent) => moving.has(parent))) moving.add(joint);
    });
  }
  return moving;
}

/** A pose of which some joints are changed, those that are there. */
function changed(pose, joints, change) {
  return pose.map((point, joint) => (point && joints.has(joint) ? change(point) : point));
}

/** Puts one joint somewhere, and nothing else. */
export function place(pose, joint, to) {
  return pose.map((point, other) => (other === joint ? to : point));
}

/** Drags a joint while limbs keep their lengths: two limbs bend, and what hangs on them follows. */
export function drag(rig, pose, joint, to) {
  const parents = rig.hangs_on[joint];
  const pivot = middle(pose, parents);
  if (!pose[joint]) return place(pose, joint, to);
  if (!pivot) {
    const by = minus(to, pose[joint]);
    return changed(pose, carried(rig, [joint]), (point) => add(point, by));
  }
  const root = parents.length === 1 ? middle(pose, rig.hangs_on[parents[0]]) : null;
  if (!root) return turn(rig, pose, [joint], pivot, pose[joint], to);
  return bend(rig, pose, root, parents[0], joint, to);
}

/** Two limbs, from a root over a hinge to a joint: the hinge stays on its side. */
function bend(rig, pose, root, hinge, joint, to) {
  const [upper, lower] = [length(minus(pose[hinge], root)), length(minus(pose[joint], pose[hinge]))];
  const wish = minus(to, root);
  const least = Math.max(Math.abs(upper - lower), 1e-3);
  const reach = Math.min(Math.max(length(wish), least), upper + lower);
  const ahead = length(wish) > 1e-6 ? times(wish, 1 / length(wish)) : [0, 1];
  const along = (upper ** 2 - lower ** 2 + reach ** 2) / (2 * reach);
  const aside = Math.sqrt(Math.max(upper ** 2 - along ** 2, 0));
  const side = cross(minus(pose[joint], root), minus(pose[hinge], root)) < 0 ? -1 : 1;
  const end = add(root, times(ahead, reach));
  const knee = add(add(root, times(ahead, along)), times([-ahead[1], ahead[0]], side * aside));
  const by = angle(minus(end, knee)) - angle(minus(pose[joint], pose[hinge]));
  const step = minus(knee, pose[hinge]);
  const shifted = changed(pose, carried(rig, [hinge]), (point) => add(point, step));
  return changed(shifted, carried(rig, [joint]), (point) => turned(point, knee, by));
}

/** Turns joints, and what hangs on them, about a point as a pointer goes from one place to another. */
function turn(rig, pose, joints, about, from, to) {
  const by = angle(minus(to, about)) - angle(minus(from, about));
  return changed(pose, carried(rig, joints), (point) => turned(point, about, by));
}

/** Drags a limb: it turns about its near end; one that has none, the body, takes all along. */
export function dragLimb(rig, pose, limb, from, to) {
  const hangs = (far, near) => far.every((joint) => near.some((end) => rig.hangs_on[joint].includes(end)));
  const [start, end] = rig.limbs[limb];
  for (const [near, far] of [[start, end], [end, start]]) {
    const pivot = middle(pose, near);
    if (pivot && hangs(far, near)) return turn(rig, pose, far, pivot, from, to);
  }
  return move(pose, minus(to, from));
}

/** Moves the whole pose. */
export function move(pose, by) {
  return pose.map((point) => point && add(point, by));
}

/** Makes the whole pose larger, about its middle. */
export function scale(pose, factor) {
  const center = centerOf(pose);
  return pose.map((point) => point && add(center, times(minus(point, center), factor)));
}

/** The pose in a mirror, in its place: the person's right arm does what the left one did. */
export function mirrored(rig, pose) {
  const [x] = centerOf(pose);
  return rig.mirror.map((joint) => pose[joint] && [2 * x - pose[joint][0], pose[joint][1]]);
}

function centerOf(pose) {
  const there = pose.filter(Boolean);
  if (!there.length) return [0, 0];
  const range = (axis) => there.map((point) => point[axis]);
  return [0, 1].map((axis) => (Math.min(...range(axis)) + Math.max(...range(axis))) / 2);
}

/** The part [x, y, width, height] of a picture that has poses in its middle, with room to move. */
export function about(poses, width, height, room = 0.75) {
  const there = poses.flat().filter(Boolean);
  const side = room * Math.max(...[0, 1].map((axis) => {
    const values = there.map((point) => point[axis]);
    return Math.max(...values) - Math.min(...values);
  }));
  const [x, y] = centerOf(there);
  const [reachX, reachY] = [Math.min(side, width / 2), Math.min(side, height / 2)];
  const within = (value, reach, most) => Math.min(Math.max(value, reach), most - reach);
  const left = within(x, reachX, width) - reachX;
  const top = within(y, reachY, height) - reachY;
  return [left, top, 2 * reachX, 2 * reachY].map(Math.round);
}

/** Someone who stands in the middle of a picture. */
export function standing(rig, width, height) {
  const tall = Math.min(0.8 * height, 1.6 * width);
  return rig.template.map(([x, y]) => [width / 2 + tall * x, (height - tall) / 2 + tall * y]);
}

/** Where a missing joint may be: as far from those it hangs on as in someone who stands. */
export function guess(rig, pose, joint, width, height) {
  const stood = standing(rig, width, height);
  const known = rig.hangs_on[joint].filter((parent) => pose[parent]);
  const near = known.length ? known : pose.map((_, other) => other).filter((other) => pose[other]);
  if (!near.length) return stood[joint];
  return add(stood[joint], minus(middle(pose, near), middle(stood, near)));
}

/** A pose on the way from one to another: limbs turn, the body moves on a line. */
export function between(rig, from, to, share) {
  const mix = (a, b) => a + (b - a) * share;
  const pose = from.map((point, joint) => {
    const other = to[joint];
    return point && other ? [mix(point[0], other[0]), mix(point[1], other[1])] : null;
  });
  const done = new Set();
  const settle = (joint) => {
    if (done.has(joint)) return;
    done.add(joint);
    const parents = rig.hangs_on[joint];
    parents.forEach(settle);
    const [a, b, pivot] = [from, to, pose].map((each) => middle(each, parents));
    if (!pose[joint] || !a || !b || !pivot) return;
    const [start, end] = [minus(from[joint], a), minus(to[joint], b)];
    const way = angle(end) - angle(start);
    const by = Math.atan2(Math.sin(way), Math.cos(way));
    const reach = mix(length(start), length(end));
    const heading = angle(start) + by * share;
    pose[joint] = add(pivot, [reach * Math.cos(heading), reach * Math.sin(heading)]);
  };
  pose.forEach((_, joint) => settle(joint));
  return pose;
}
