"""Motion: a person moves smoothly from pose to pose, and no arm goes through the body.

A key pose that puts an arm into the trunk, the head or the other arm, or whose way there does,
is drawn again. Between the keys all numbers of a pose start and stop gently.
"""

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial import cKDTree

from data.people.body import SIDES, Body, Pose
from data.people.geometry import normals, triangles
from data.people.poses import MOST_TURN, Parameters, mix, place, sample_pose

DEEPEST = -0.006
"""Metres that an arm may be inside of the skin; less than zero, because clothes are between."""
NEAR = 0.15
"""Metres; what is farther from all of the body's vertices is outside of it."""
CHECKS = (1.0, 0.5, 0.25, 0.75)
"""Shares of the way from one key pose to the next that are looked at."""
PAUSES = 0.05
"""Chance that a person stays as it is until the next key pose."""
KEY_STEPS = (8, 24)
"""Steps from one key pose to the next; about 25 steps are a second."""
LIFT = 2.5
"""How high a foot is lifted, as a multiple of the way forwards in a step of the motion."""


class Collider:
    """Finds arms inside of the body of a person, given the vertices and bones' heads at rest."""

    def __init__(self, body: Body, rest: np.ndarray, heads: np.ndarray):
        self.body, self.rest, self.heads = body, rest, heads
        self.faces = triangles(body.quads["body"])
        skin = body.vertices["body"]
        arm, along = body.arm[skin], body.along_arm[skin]
        self.pairs = []
        for sign in SIDES.values():
            here = sign * rest[skin, 0] > 0
            forearm, others = here & (arm > 0.99) & (along > 1.3), ~here | (arm < 0.15)
            self.pairs.append((np.flatnonzero(forearm)[::3], np.flatnonzero(others)[::2]))

    def depth(self, pose: Pose) -> float:
        """How deep in metres a forearm or hand is in the body or the other arm."""
        points = self.body.skin(self.rest, self.heads, pose)[self.body.vertices["body"]]
        outwards = normals(points, self.faces)
        deepest = -NEAR
        for forearm, others in self.pairs:
            distance, index = cKDTree(points[others]).query(points[forearm])
            near = others[index]
            depth = ((points[near] - points[forearm]) * outwards[near]).sum(axis=1)
            deepest = max(deepest, float(depth[distance < NEAR].max(initial=-NEAR)))
        return deepest


def sample_motion(
    rng: np.random.Generator, collider: Collider, steps: int, upper: bool
) -> list[Parameters]:
    """Draws the poses of a video, one a step; `upper`: only the upper body will be seen."""
    turn = np.clip(rng.normal(0, 0.22 if upper else 0.38), -MOST_TURN, MOST_TURN)

    def is_free(pose):
        return collider.depth(place(collider.body, collider.heads, pose)) <= DEEPEST

    keys, times = [], []
    while len(keys) < 2 or times[-1] < steps - 1:
        pauses = keys and rng.random() < PAUSES
        after = keys[-1] if pauses else sample_pose(rng, upper, turn)
        before = keys[-1] if keys else after
        if all(is_free(mix(before, after, share)) for share in CHECKS):
            times.append(times[-1] + int(rng.integers(*KEY_STEPS)) if keys else 0)
            keys.append(after)
    tracks, clock = {}, np.arange(steps)
    for name in keys[0]:
        values = np.stack([key[name] for key in keys])
        curve = CubicHermiteSpline(times, values, np.zeros_like(values))
        tracks[name] = curve(clock)
        if name.startswith("foot"):
            # A foot that goes forwards leaves the floor.
            tracks[name][:, 1] += LIFT * np.maximum(curve(clock, 1)[:, 2], 0)
    # The eyelids are the last part of the face; they close every two to four seconds.
    blinks = (clock + rng.integers(100)) % rng.integers(50, 100) < 3
    tracks["face"][blinks, -1] = 1
    return [{name: track[step] for name, track in tracks.items()} for step in clock]
