"""Poses: where hands and feet go, how spine, head, wrists and fingers turn, within anatomy.

A pose is a dictionary of small arrays, so that two poses can be mixed number by number; `place`
makes bones of it. Arms and legs reach their targets by inverse kinematics.
"""

import numpy as np

from data.people.body import SIDES, Body, Pose
from data.people.geometry import between, euler, frame, rotation, unit

Parameters = dict[str, np.ndarray]

SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
NECK = ("neck01", "neck02", "neck03", "head")
FINGERS = (1, 2, 3, 4, 5)
LEAST_BEND, MOST_REACH = 0.62, 0.985
"""Shares of a limb's length that its ends are apart at least and at most."""
PLACES = {
    # Wrists, outwards, up and forwards from the chest's middle at the shoulders' height, in arm
    # lengths; where the elbow points; the forearm's turn (thumb up is 0, palm down is 1).
    "hanging": ((0.42, -0.92, 0.06), (0.35, 0, -1), 0.0),
    "relaxed": ((0.45, -0.78, 0.28), (0.5, -0.2, -1), 0.2),
    "hip": ((0.40, -0.60, -0.02), (1, 0.1, -0.45), 0.5),
    "belly": ((0.14, -0.52, 0.42), (0.8, -0.5, -0.2), 0.2),
    "chest": ((0.18, -0.28, 0.45), (0.8, -0.8, -0.1), 0.3),
    "front": ((0.28, -0.22, 0.62), (0.6, -1, -0.1), 0.4),
    "beside": ((0.52, -0.20, 0.45), (0.4, -1, -0.3), -0.2),
    "high": ((0.36, 0.08, 0.52), (0.6, -1, 0), 0.6),
    "chin": ((0.13, 0.02, 0.36), (0.7, -1, 0.1), -0.2),
    "cheek": ((0.27, 0.10, 0.28), (0.8, -0.9, 0), 0.0),
    "temple": ((0.33, 0.25, 0.24), (1, -0.6, 0), 0.2),
    "brow": ((0.24, 0.30, 0.34), (1, -0.5, 0.1), 0.8),
    "across": ((-0.10, -0.30, 0.42), (0.9, -0.6, 0.2), 0.6),
    "shoulder": ((-0.20, -0.08, 0.36), (0.6, -0.6, 0.5), 0.8),
    "point": ((0.20, -0.05, 0.92), (0.5, -1, 0), 0.5),
    "aside": ((1.15, 0.0, 0.20), (0.1, -1, -0.7), 0.6),
    "low_aside": ((0.95, -0.55, 0.15), (0.2, -0.4, -1), 0.3),
    "up": ((0.55, 0.72, 0.12), (1, -0.3, -0.2), 0.3),
    "overhead": ((0.22, 0.86, 0.14), (1, 0, -0.1), 0.2),
    "behind": ((0.28, -0.66, -0.20), (1, 0.1, -0.6), 0.3),
}
UPPER_PLACES = {
    "belly": 3, "chest": 5, "front": 5, "beside": 4, "high": 2, "chin": 2, "cheek": 1.5,
    "temple": 1, "brow": 0.5, "across": 2.5, "shoulder": 1, "point": 2, "aside": 1,
    "low_aside": 0.7, "up": 0.7, "overhead": 0.3, "hip": 0.7, "relaxed": 2, "hanging": 1.5,
}  # fmt: skip
FULL_PLACES = {
    "hanging": 4, "relaxed": 4, "hip": 1.5, "belly": 2, "chest": 2, "front": 2, "beside": 2,
    "high": 1, "chin": 0.7, "temple": 0.5, "across": 1, "point": 1, "aside": 2, "low_aside": 2,
    "up": 1.5, "overhead": 1, "behind": 0.5,
}  # fmt: skip
CURLS = {
    # Of the thumb and the fingers; 0 is straight, 1 a fist.
    "relaxed": (0.25, 0.22, 0.28, 0.34, 0.40),
    "open": (0.0, 0.0, 0.0, 0.0, 0.05),
    "flat": (0.35, -0.02, -0.02, -0.02, -0.02),
    "fist": (0.8, 1.0, 1.0, 1.0, 1.0),
    "index": (0.7, 0.0, 0.95, 1.0, 1.0),
    "two": (0.8, 0.0, 0.0, 1.0, 1.0),
    "thumb": (-0.3, 0.95, 1.0, 1.0, 1.0),
    "pinch": (0.5, 0.55, 0.15, 0.1, 0.1),
    "claw": (0.2, 0.5, 0.5, 0.5, 0.5),
    "little": (0.6, 1.0, 1.0, 1.0, 0.0),
}
FULL_CURL = 1.35
"""Radians of a finger's middle joint in a fist."""


def sample_pose(rng: np.random.Generator, upper: bool, turn: float = 0.0) -> Parameters:
    """Draws a pose.

    Args:
        rng: Generator.
        upper: bool. Whether only the upper body will be seen: more signing, no steps.
        turn: float. The person's mean turn away from the camera in radians.
    """
    lively = 0.6 if upper else 1.0
    pose = {
        "turn": np.array([turn + rng.normal(0, 0.08 if upper else 0.3)]),
        "shift": np.zeros(2),
        "spine": rng.normal((0.03, 0, 0), np.array([0.09, 0.13, 0.09]) * lively),
        "neck": rng.normal((0.05, 0, 0), (0.12, 0.24, 0.08)),
        "gaze": rng.normal(0, (0.10, 0.22)),
        "smile": np.clip(rng.normal(0.25, 0.4, 1), 0, 1),
        "jaw": np.clip(rng.normal(0.0, 0.2, 1), 0, 0.6),
        "brow": np.clip(rng.normal(0, 0.4, 1), 0, 1),
        "pucker": np.clip(rng.normal(-0.3, 0.4, 1), 0, 0.7),
        "blink": np.clip(rng.normal(0.08, 0.1, 1), 0, 0.6),
    }
    _add_arms(rng, pose, UPPER_PLACES if upper else FULL_PLACES)
    _add_legs(rng, pose, upper)
    return pose


def _add_arms(rng, pose, places):
    names = list(places)
    chances = np.array([places[name] for name in names], float)
    chosen = rng.choice(names, size=2, p=chances / chances.sum())
    if rng.random() < 0.35:
        chosen[1] = chosen[0]
    shape = rng.choice(list(CURLS), size=2)
    for side, place, curl in zip(SIDES, chosen, shape, strict=True):
        target, pole, turn = PLACES[place]
        hanging = place in ("hanging", "relaxed", "behind", "hip")
        pose[f"hand.{side}"] = np.array(target) + rng.normal(0, 0.03 if hanging else 0.07, 3)
        pose[f"elbow.{side}"] = np.array(pole, float) + rng.normal(0, 0.15, 3)
        pose[f"forearm.{side}"] = np.array([turn + rng.normal(0, 0.1 if hanging else 0.45)])
        pose[f"wrist.{side}"] = rng.normal(0, (0.1, 0.06) if hanging else (0.35, 0.16))
        curl = "relaxed" if hanging and rng.random() < 0.8 else curl
        pose[f"curl.{side}"] = np.array(CURLS[curl]) + rng.normal(0, 0.05, 5)
        pose[f"spread.{side}"] = (
            rng.uniform(-0.3, 1, 1) if curl in ("open", "claw") else np.zeros(1)
        )


def _add_legs(rng, pose, upper):
    """Feet outwards, up and forwards from below the hips' middle, in leg lengths."""
    kinds = ("stand", "wide", "step", "lunge", "squat", "lift", "kick")
    chances = (1, 0, 0, 0, 0, 0, 0) if upper else (0.28, 0.2, 0.22, 0.08, 0.08, 0.08, 0.06)
    kind = rng.choice(kinds, p=chances)
    lead = rng.choice(list(SIDES))
    pose["hips"] = np.array([0, rng.uniform(-0.02, -0.005), 0]) + rng.normal(0, (0.03, 0, 0.01))
    feet = {side: np.array([0.13, 0, 0.0]) for side in SIDES}
    if kind == "wide":
        feet = {side: np.array([rng.uniform(0.2, 0.42), 0, 0.0]) for side in SIDES}
        pose["hips"][1] -= rng.uniform(0.0, 0.15)
    elif kind == "step":
        stride = rng.uniform(0.12, 0.38)
        feet = {side: np.array([0.1, 0, stride * (1 if side == lead else -1)]) for side in SIDES}
        pose["hips"][1] -= 0.3 * stride**2
    elif kind == "lunge":
        feet = {side: np.array([0.16, 0, 0.5 if side == lead else -0.45]) for side in SIDES}
        pose["hips"] += (0, -rng.uniform(0.15, 0.3), 0.1)
    elif kind == "squat":
        feet = {side: np.array([rng.uniform(0.22, 0.35), 0, 0.12]) for side in SIDES}
        pose["hips"] += (0, -rng.uniform(0.2, 0.5), -0.1)
        pose["spine"][0] += 0.35
    elif kind in ("lift", "kick"):
        away = (0.14, 0.35, 0.35) if kind == "lift" else (0.25, 0.3, 0.75)
        feet[lead] = np.array(away) * rng.uniform(0.6, 1.1)
        feet["R" if lead == "L" else "L"] = np.array([0.03, 0, 0.0])
    for side in SIDES:
        pose[f"foot.{side}"] = feet[side] + rng.normal(0, (0.02, 0, 0.02))
        pose[f"toes.{side}"] = np.array([rng.uniform(0.0, 0.45)])


def mix(first: Parameters, second: Parameters, share: float) -> Parameters:
    """The pose a share of the way from the first to the second."""
    return {name: value + share * (second[name] - value) for name, value in first.items()}


def expression(pose: Parameters) -> dict[str, float]:
    """The face's actions in a pose, for `Body.express`."""
    smile, blink = float(pose["smile"][0]), float(pose["blink"][0])
    return {
        "jawOpen": float(pose["jaw"][0]),
        "mouthSmileLeft": smile,
        "mouthSmileRight": smile,
        "mouthPucker": float(pose["pucker"][0]) * (1 - smile),
        "browInnerUp": float(pose["brow"][0]),
        "eyeBlinkLeft": blink,
        "eyeBlinkRight": blink,
    }


def place(body: Body, heads: np.ndarray, pose: Parameters) -> Pose:
    """Makes bones of a pose.

    Args:
        body: Body.
        heads: Float array (B, 3), the person's bones' heads at rest.
        pose: Parameters.
    """
    local = {}
    for bone in SPINE:
        local[bone] = euler(*(pose["spine"] / len(SPINE)))
    for bone in NECK:
        local[bone] = euler(*(pose["neck"] / len(NECK)))
    for side, sign in SIDES.items():
        outwards, up, forwards = pose[f"hand.{side}"]
        raised = 0.45 * np.clip(up + 0.1, -0.2, 1)
        across = 0.2 * np.clip(forwards, 0, 1) * np.clip(1 - outwards, 0, 1)
        local[f"clavicle.{side}"] = euler(0, -sign * across, sign * raised)
        local |= _fingers(body, heads, pose, side, sign)
    turn = euler(0, float(pose["turn"][0]))
    leg = np.linalg.norm(np.diff(_chain(body, heads, "leg", "L"), axis=0), axis=1).sum()
    height = heads[body.bone["root"], 1] - heads[body.bone["upperleg01.L"], 1]
    ankle = heads[body.bone["foot.L"], 1]
    shift = np.array([pose["shift"][0], 0, pose["shift"][1]])
    position = shift + turn @ (leg * pose["hips"] + (0, leg + ankle + height, 0))
    fixed = {"root": turn}
    first = body.forward(heads, local, fixed, position)
    for side, sign in SIDES.items():
        fixed |= _arm(body, heads, first, pose, side, sign)
        fixed |= _leg(body, heads, first, pose, side, sign, turn, shift)
    return body.forward(heads, local, fixed, position)


def _chain(body, heads, limb, side):
    names = {
        "arm": ("upperarm01", "lowerarm01", "wrist"),
        "leg": ("upperleg01", "lowerleg01", "foot"),
    }
    return np.stack([heads[body.bone[f"{name}.{side}"]] for name in names[limb]])


def _bend(start, target, pole, upper, lower):
    """Directions of a limb's two bones and its hinge, with the middle joint towards the pole."""
    way = target - start
    reach = np.clip(
        np.linalg.norm(way), LEAST_BEND * max(upper, lower), MOST_REACH * (upper + lower)
    )
    way = unit(way)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    height = np.sqrt(max(upper**2 - along**2, 1e-8))
    side = unit(pole - way * (pole @ way))
    first = unit(along * way + height * side)
    return first, unit(reach * way - upper * first), np.cross(side, way)


def _arm(body, heads, pose, parameters, side, sign):
    """Rotations of an arm's bones."""
    rest = _chain(body, heads, "arm", side)
    lengths = np.linalg.norm(np.diff(rest, axis=0), axis=1)
    chest = pose.rotations[body.bone["spine01"]]
    clavicles = [body.bone[f"upperarm01.{name}"] for name in SIDES]
    middle = pose.heads[clavicles].mean(axis=0)
    shoulder = pose.heads[body.bone[f"upperarm01.{side}"]]
    mirror = np.array([sign, 1, 1])
    target = middle + chest @ (mirror * parameters[f"hand.{side}"]) * lengths.sum()
    pole = chest @ (mirror * parameters[f"elbow.{side}"])
    upper, lower, hinge = _bend(shoulder, target, pole, *lengths)
    rest_upper, rest_lower = unit(rest[1] - rest[0]), unit(rest[2] - rest[1])
    rest_hinge = np.cross(rest_upper, rest_lower)
    turned = frame(upper, hinge) @ frame(rest_upper, rest_hinge).T
    above = pose.rotations[body.bone[f"clavicle.{side}"]]
    swung = between(above @ rest_upper, upper) @ above
    # The shoulder takes half of the upper arm's twist, the bone's middle the rest.
    half = rotation(upper, 0.5 * _angle_about(turned @ swung.T, upper)) @ swung
    forearm = frame(lower, hinge) @ frame(rest_lower, rest_hinge).T
    roll = -sign * (float(np.clip(parameters[f"forearm.{side}"][0], -1, 1.3)) - 0.35)
    rolled = rotation(lower, roll) @ forearm
    flexion, deviation = np.clip(parameters[f"wrist.{side}"], (-0.9, -0.35), (0.9, 0.35))
    across = unit(rolled @ _across_hand(body, heads, side))
    palm = np.cross(across, lower)
    wrist = rotation(across, sign * flexion) @ rotation(palm, deviation) @ rolled
    return {
        f"upperarm01.{side}": half,
        f"upperarm02.{side}": turned,
        f"lowerarm01.{side}": rotation(lower, 0.3 * roll) @ forearm,
        f"lowerarm02.{side}": rotation(lower, 0.75 * roll) @ forearm,
        f"wrist.{side}": wrist,
    }


def _angle_about(turn, axis):
    sine = 0.5 * np.array(
        [turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]
    )
    return np.arctan2(sine @ axis, (np.trace(turn) - 1) / 2)


def _across_hand(body, heads, side):
    """From the little finger's knuckle to the index finger's."""
    index, little = (heads[body.bone[f"finger{n}-1.{side}"]] for n in (2, 5))
    return unit(index - little)


def _leg(body, heads, pose, parameters, side, sign, turn, shift):
    """Rotations of a leg's bones; a foot on the floor is flat."""
    rest = _chain(body, heads, "leg", side)
    lengths = np.linalg.norm(np.diff(rest, axis=0), axis=1)
    leg, ankle = lengths.sum(), heads[body.bone["foot.L"], 1]
    hip = pose.heads[body.bone[f"upperleg01.{side}"]]
    outwards, up, forwards = parameters[f"foot.{side}"]
    target = shift + turn @ np.array([sign * outwards * leg, ankle + up * leg, forwards * leg])
    toes = turn @ euler(0, sign * float(parameters[f"toes.{side}"][0]))
    pole = toes @ np.array([0, 0, 1.0])
    upper, lower, hinge = _bend(hip, target, pole, *lengths)
    rest_upper, rest_lower = unit(rest[1] - rest[0]), unit(rest[2] - rest[1])
    x_axis = np.array([1.0, 0, 0])
    thigh = frame(upper, hinge) @ frame(rest_upper, x_axis).T
    shin = frame(lower, hinge) @ frame(rest_lower, x_axis).T
    # A heel leaves the floor where the shin leans too far; a raised foot hangs a little.
    raised = np.clip(up / 0.12, 0, 1)
    lean = np.clip(float(-lower @ pole) - 0.55, 0, 0.6)
    foot = toes @ rotation((1, 0, 0), 0.5 * raised + lean)
    return {
        f"upperleg01.{side}": thigh,
        f"upperleg02.{side}": thigh,
        f"lowerleg01.{side}": shin,
        f"lowerleg02.{side}": shin,
        f"foot.{side}": foot,
    }


def _fingers(body, heads, pose, side, sign):
    """Local rotations of the finger bones."""
    local = {}
    knuckles = {n: [heads[body.bone[f"finger{n}-{j}.{side}"]] for j in (1, 2, 3)] for n in FINGERS}

    def bent_about(n):
        first, second, third = knuckles[n]
        return np.cross(second - first, third - second)

    axis = unit(sum(bent_about(n) for n in FINGERS[1:]))
    curls = np.clip(pose[f"curl.{side}"], -0.15, 1.05)
    spread = float(pose[f"spread.{side}"][0])
    for n, curl in zip(FINGERS, curls, strict=True):
        about = unit(bent_about(n)) if n == 1 else axis
        amount = FULL_CURL * curl * (0.4 if n == 1 else 1)
        apart = rotation(np.cross(axis, knuckles[n][1] - knuckles[n][0]), 0.12 * spread * (3.2 - n))
        for joint, share in zip((1, 2, 3), (0.95, 1.1, 0.7), strict=True):
            turned = rotation(about, amount * share)
            local[f"finger{n}-{joint}.{side}"] = apart @ turned if joint == 1 and n > 1 else turned
    return local
