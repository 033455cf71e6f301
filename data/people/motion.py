"""Motion: a person moves smoothly from pose to pose, and no limb goes through the body.

A key pose that puts an arm into the trunk, the head or the other arm, or whose way there does,
is drawn again. Between keys all parameters follow minimum-jerk curves, as reaching hands do.
"""

import numpy as np
import scipy.spatial

from data.people.body import SIDES, Body, Pose
from data.people.geometry import normals, triangles, unit
from data.people.poses import Parameters, mix, place, sample_pose

DEEPEST = 0.010
"""Metres that skin and cloth give way where an arm touches the body."""
FOREARM, WRIST, HAND, FINGER = 0.035, 0.026, 0.014, 0.007
"""Metres from the middle lines of an arm's parts to its skin."""
NEAREST_ARMS = 0.055
"""Metres between the middle lines of two forearms or hands at least."""
CHECKS = (0.25, 0.5, 0.75, 1.0)
"""Shares of the way from one key pose to the next that are looked at."""
NEAR = 0.15
"""Metres; what is farther from all of the body's vertices is outside of it."""
MOST_DRAWS = 30
KEY_STEPS = {True: (8, 22), False: (10, 26)}
"""Steps from one key pose to the next, upper body or full; about 25 steps are a second."""
TURNS = {True: 0.22, False: 0.38}
"""Standard deviation in radians of how far people are turned from the camera, as a mean."""
MOST_TURN = 0.8


class Collider:
    """Finds arms inside of a person's body.

    Args:
        body: Body.
        rest: Float array (V, 3), the person's vertices at rest.
        heads: Float array (B, 3), the bones' heads at rest.
    """

    def __init__(self, body: Body, rest: np.ndarray, heads: np.ndarray):
        self.body, self.rest, self.heads = body, rest, heads
        count = body.vertices["body"].stop
        faces = triangles(body.quads["body"])
        trunk = (body.arm[:count] < 0.15) & (body.foot[:count] < 0.2)
        self.trunk = np.flatnonzero(trunk)[::3]
        self.normals = normals(rest[:count], faces)[self.trunk]
        weights = body.weights[self.trunk]
        self.bone = np.asarray(weights.argmax(axis=1)).ravel()

    def depth(self, pose: Pose) -> float:
        """How deep in metres the skin of a forearm or hand is in the body or the other arm."""
        shift = pose.heads - np.einsum("bij,bj->bi", pose.rotations, self.heads)
        turn = pose.rotations[self.bone]
        points = np.einsum("nij,nj->ni", turn, self.rest[self.trunk]) + shift[self.bone]
        outwards = np.einsum("nij,nj->ni", turn, self.normals)
        arms = [self._arm(pose, side) for side in SIDES]
        tested = np.concatenate([points for points, _ in arms])
        thickness = np.concatenate([radius for _, radius in arms])
        distance, index = scipy.spatial.cKDTree(points).query(tested)
        height = ((tested - points[index]) * outwards[index]).sum(axis=1)
        inside = np.where(distance < NEAR, thickness - height, 0)
        between = np.linalg.norm(arms[0][0][:, None] - arms[1][0][None], axis=2).min()
        return float(max(inside.max(), NEAREST_ARMS - between))

    def _arm(self, pose, side):
        """Points along a forearm, the hand and the fingers, and how thick the arm is there."""

        def at(name):
            return pose.heads[self.body.bone[f"{name}.{side}"]]

        elbow, wrist, knuckle = at("lowerarm01"), at("wrist"), at("finger3-1")
        points = [elbow + share * (wrist - elbow) for share in (0.3, 0.5, 0.7, 0.85)]
        points += [wrist, (wrist + knuckle) / 2, knuckle]
        radius = [FOREARM] * 4 + [WRIST, HAND, HAND]
        for finger in (1, 2, 3, 4, 5):
            middle, last = at(f"finger{finger}-2"), at(f"finger{finger}-3")
            points += [middle, last, last + 0.022 * unit(last - middle)]
            radius += [FINGER] * 3
        return np.stack(points), np.array(radius)


def sample_motion(
    rng: np.random.Generator, collider: Collider, steps: int, upper: bool
) -> list[Parameters]:
    """Draws the poses of a video, one a step.

    Args:
        rng: Generator.
        collider: The person's Collider.
        steps: int. At least 1.
        upper: bool. Whether only the upper body is seen.
    """
    turn = float(np.clip(rng.normal(0, TURNS[upper]), -MOST_TURN, MOST_TURN))
    walks = not upper and rng.random() < 0.25
    keys, times = [_free_pose(rng, collider, None, upper, turn)], [0]
    while times[-1] < steps - 1:
        keys.append(_free_pose(rng, collider, keys[-1], upper, turn))
        times.append(times[-1] + int(rng.integers(*KEY_STEPS[upper])))
    blinks = set(rng.integers(0, steps, size=1 + steps // 60).tolist())
    gait = rng.uniform(0, 2 * np.pi), rng.uniform(0.17, 0.24), rng.uniform(0.2, 0.32)
    sway = rng.uniform(0, 2 * np.pi, 4)
    poses = []
    for step in range(steps):
        index = min(int(np.searchsorted(times, step, side="right")) - 1, len(keys) - 2)
        pose = keys[0]
        if len(keys) > 1:
            share = (step - times[index]) / (times[index + 1] - times[index])
            pose = mix(keys[index], keys[index + 1], _ease(share))
        pose = {name: value.copy() for name, value in pose.items()}
        pose["spine"] += 0.012 * np.sin(0.11 * step * np.array([1, 0.7, 1.3]) + sway[:3])
        pose["neck"] += 0.02 * np.sin(0.13 * step * np.array([1.2, 0.8, 1]) + sway[1:])
        if blinks & {step - 1, step, step + 1}:
            pose["blink"] = np.ones(1)
        if walks:
            _walk(pose, step, *gait)
        poses.append(pose)
    return poses


def _ease(share):
    """A minimum-jerk curve that rests a little at both ends."""
    share = np.clip((share - 0.06) / 0.88, 0, 1)
    return share**3 * (10 - 15 * share + 6 * share**2)


def _free_pose(rng, collider, before, upper, turn):
    """A pose that can be reached with nothing in the way; the one before if none is found."""
    for _ in range(MOST_DRAWS):
        pose = sample_pose(rng, upper, turn)
        pose["turn"] = np.clip(pose["turn"], -MOST_TURN, MOST_TURN)
        ways = (1.0,) if before is None else CHECKS
        if all(
            collider.depth(place(collider.body, collider.heads, _between(before, pose, share)))
            <= DEEPEST
            for share in ways
        ):
            return pose
    if before is not None:
        return before
    return _at_ease(sample_pose(rng, upper, turn))


def _between(before, pose, share):
    return pose if before is None else mix(before, pose, share)


def _at_ease(pose):
    """The pose with arms that hang clear of the body."""
    for side in SIDES:
        pose[f"hand.{side}"] = np.array([0.62, -0.75, 0.12])
        pose[f"elbow.{side}"] = np.array([0.6, 0, -1.0])
        pose[f"wrist.{side}"] = np.zeros(2)
    return pose


def _walk(pose, step, phase, pace, stride):
    """Turns a pose into a moment of walking on the spot, its arms swinging if they hang."""
    for side, sign in SIDES.items():
        swing = phase + pace * step + (0 if sign > 0 else np.pi)
        lift = max(0.0, np.sin(swing))
        pose[f"foot.{side}"] = np.array([0.09, 0.16 * lift, stride * np.cos(swing)])
        hand = pose[f"hand.{side}"]
        if hand[1] < -0.65:
            hand[2] -= 0.22 * np.cos(swing)
    pose["hips"] = np.array([0, -0.02 - 0.03 * np.cos(2 * (phase + pace * step)) ** 2, 0.0])
