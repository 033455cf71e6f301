"""Motion: where hands and feet go, how spine, head, wrists and fingers turn, within anatomy.

A pose is a dictionary of small arrays, so that poses can be mixed number by number; `place` makes
bones of it. Arms and legs reach their targets by inverse kinematics. A person moves smoothly from
key pose to key pose. One that puts an arm into the trunk, the head or the other arm, or whose way
there does, is drawn again. "Outwards" is away from the body on either side.
"""

import numpy as np
from scipy.interpolate import CubicHermiteSpline
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from data.people.body import ARM, LEG, SIDES, Body, Pose
from data.people.geometry import euler, normals, triangles, unit

Parameters = dict[str, np.ndarray]

SPINE = {
    "spine": ("spine05", "spine04", "spine03", "spine02", "spine01"),
    "neck": ("neck01", "neck02", "neck03", "head"),
}
MOST_TURN = 0.8  # radians that a person is turned away from the camera at most
LEAST_BEND, MOST_REACH = 0.62, 0.995  # how near and far the ends of a limb are, in its lengths
HANDS = {
    # Chances in upper-body and full-body videos; the wrist, outwards, up and forwards from
    # between the shoulders, and its standard deviations, in arm lengths; where the elbow points;
    # radians that the palm is turned down.
    "hanging": (0.04, 0.15, (0.43, -0.90, 0.10), (0.02, 0.02, 0.04), (0.4, 0, -1), -0.3),
    "relaxed": (0.06, 0.12, (0.45, -0.78, 0.28), (0.04, 0.05, 0.06), (0.5, -0.2, -1), -0.2),
    "on the hip": (0.03, 0.04, (0.39, -0.55, -0.02), (0.03, 0.03, 0.02), (1, 0.1, -0.4), 0.2),
    "signing": (0.45, 0.22, (0.26, -0.28, 0.50), (0.15, 0.16, 0.11), (0.7, -0.9, -0.1), -0.1),
    "at the chin": (0.10, 0.04, (0.18, 0.04, 0.34), (0.07, 0.06, 0.04), (0.7, -1, 0), -0.4),
    "at the temple": (0.06, 0.04, (0.31, 0.24, 0.26), (0.05, 0.06, 0.05), (1, -0.6, 0), 0),
    "across": (0.10, 0.04, (-0.12, -0.24, 0.41), (0.08, 0.10, 0.04), (0.8, -0.6, 0.3), 0.3),
    "pointing": (0.06, 0.08, (0.35, -0.05, 0.90), (0.25, 0.15, 0.05), (0.5, -1, 0), 0.1),
    "aside": (0.06, 0.15, (1.05, -0.25, 0.18), (0.10, 0.25, 0.10), (0.2, -0.7, -0.9), 0.1),
    "up": (0.04, 0.12, (0.42, 0.75, 0.13), (0.14, 0.10, 0.08), (1, -0.2, -0.2), -0.1),
}
STANCES = {
    # Chance; the leading foot from the floor below the hips, the other foot, and the hips from
    # where they are at rest; outwards, up and forwards, in leg lengths.
    "stand": (0.25, (0.13, 0, 0), (0.13, 0, 0), (0, -0.01, 0)),
    "wide": (0.18, (0.36, 0, 0), (0.36, 0, 0), (0, -0.10, 0)),
    "step": (0.27, (0.10, 0, 0.35), (0.10, 0, -0.35), (0, -0.02, 0)),
    "lunge": (0.08, (0.16, 0, 0.50), (0.16, 0, -0.45), (0, -0.25, 0.10)),
    "squat": (0.10, (0.30, 0, 0.12), (0.30, 0, 0.12), (0, -0.48, -0.10)),
    "kick": (0.12, (0.18, 0.28, 0.50), (0.03, 0, 0), (0, -0.01, 0)),
}
FACE = ((0.25, 0.4, 1.0), (0.0, 0.15, 0.35), (-0.4, 0.4, 0.6), (0.0, 0.4, 1.0), (0.08, 0.1, 0.6))
"""Mean, standard deviation and most of each of the body's ACTIONS."""
FULL_CURL = 1.35 * np.array([0.95, 1.1, 0.7])  # radians of a finger's three joints in a fist
SPREAD = np.array([0.0, 0.14, 0.02, -0.10, -0.22])  # and aside in a spread hand, thumb first
DEEPEST = -0.006  # metres that an arm may be inside of the skin: clothes are between
NEAR = 0.15  # metres; what is farther from all of the body's vertices is outside of it
CHECKS = (1.0, 0.5, 0.25, 0.75)  # shares of the way between two key poses that are looked at
PAUSES = 0.05  # chance that a person stays as it is until the next key pose
KEY_STEPS = (8, 24)  # steps from one key pose to the next; about 25 steps are a second
LIFT = 2.5  # how high a foot is lifted, as a multiple of the way forwards in a step of the motion


def sample_pose(rng: np.random.Generator, upper: bool, turn: float = 0.0) -> Parameters:
    """Draws a pose; `turn` is the person's mean turn away from the camera in radians.

    If only the upper body will be seen (`upper`), the person signs more and makes no steps.
    """
    chances, *rows = (np.array(column) for column in zip(*STANCES.values(), strict=True))
    stances = np.stack(rows, axis=1)
    chosen = 0 if upper else rng.choice(len(stances), p=chances)
    # Between just standing and a little more than what the table has.
    stance = stances[0] + rng.uniform(0.4, 1.1) * (stances[chosen] - stances[0])
    *feet, hips = rng.normal(stance, [(0.02, 0, 0.02), (0.02, 0, 0.02), (0.03, 0.005, 0.01)])
    face, spread, most = np.transpose(FACE)
    pose = {
        "turn": np.clip(rng.normal(turn, [0.08 if upper else 0.3]), -MOST_TURN, MOST_TURN),
        "hips": hips,
        # Low hips are balanced by leaning forwards.
        "spine": rng.normal((0.03 - 0.8 * hips[1], 0, 0), (0.07, 0.10, 0.07)),
        "neck": rng.normal((0.05, 0, 0), (0.12, 0.24, 0.08)),
        "gaze": rng.normal(0, (0.10, 0.22)),
        "face": np.clip(rng.normal(face, spread), 0, most),
    }
    chances = [row[0 if upper else 1] for row in HANDS.values()]
    hands = rng.choice(list(HANDS), size=2, p=chances)
    if rng.random() < 0.35:
        hands[1] = hands[0]
    for side, foot, hand in zip(rng.permutation(list(SIDES)), feet, hands, strict=True):
        *_, target, scatter, elbow, palm = HANDS[hand]
        # An arm that hangs swings against its leg, and its hand is relaxed.
        calm = hand in ("hanging", "relaxed")
        pose[f"foot.{side}"], pose[f"toes.{side}"] = foot, rng.uniform(0, 0.45, 1)
        pose[f"hand.{side}"] = rng.normal(target, scatter) - (0, 0, calm * 0.5 * foot[2])
        pose[f"elbow.{side}"] = rng.normal(elbow, 0.15)
        pose[f"palm.{side}"] = np.clip(rng.normal(palm, [0.1 if calm else 0.45]), -1.3, 0.95)
        flexion = np.clip(rng.normal(0, (0.35, 0.16)), (-0.9, -0.35), (0.9, 0.35))
        pose[f"wrist.{side}"] = flexion * (0.3 if calm else 1)
        # Half of the hands are evenly curled, the others stretch some of the fingers.
        curls = rng.choice((0.0, 1.0), 4)
        if calm or rng.random() < 0.5:
            curls = np.full(4, rng.uniform(0.15, 0.4) if calm else rng.uniform(0, 1) ** 2)
        curls = np.clip(rng.normal(curls, 0.06), -0.1, 1.05)
        pose[f"fingers.{side}"] = np.array([rng.uniform(-0.1, 0.35), *curls])
        pose[f"spread.{side}"] = rng.uniform(0, 1, 1) * (1 - curls.mean())
    return pose


def place(body: Body, heads: np.ndarray, pose: Parameters) -> Pose:
    """Poses the bones of a person, whose heads (B, 3) at rest are given, in metres."""
    at = {bone: heads[index] for bone, index in body.bone.items()}
    # The upper arm is as long as the lower one, and a leg at rest is straight and upright.
    arm = 2 * np.linalg.norm(at["lowerarm01.L"] - at["upperarm01.L"])
    leg = at["upperleg01.L"][1] - at["foot.L"][1]
    turn = euler(yaw=pose["turn"][0])
    local = {}
    for part, bones in SPINE.items():
        local |= dict.fromkeys(bones, euler(*pose[part] / len(bones)))
    position, feet = (0, at["root"][1], 0) + turn @ (leg * pose["hips"]), {}
    for side, sign in SIDES.items():
        foot = leg * pose[f"foot.{side}"] * (sign, 1, 1)
        feet[side] = turn @ (foot + (0, at["foot.L"][1], 0))
        # The hips go down until the foot reaches the floor.
        x, y, z = position + turn @ (at[f"upperleg01.{side}"] - at["root"]) - feet[side]
        position[1] -= max(0, y - np.sqrt(max((MOST_REACH * leg) ** 2 - x**2 - z**2, 0)))
        # The shoulder goes with the hand.
        outwards, up, forwards = pose[f"hand.{side}"]
        across = 0.2 * np.clip(forwards, 0, 1) * np.clip(1 - outwards, 0, 1)
        raised = 0.45 * np.clip(up + 0.1, -0.2, 1)
        local[f"clavicle.{side}"] = euler(0, -sign * across, sign * raised)
        local |= _hand(at, pose, side, sign)
    fixed = {"root": turn}
    trunk = body.forward(heads, local, fixed, position)
    chest = trunk.rotations[body.bone["spine01"]]
    shoulders = trunk.heads[[body.bone[f"upperarm01.{side}"] for side in SIDES]].mean(axis=0)
    for side, sign in SIDES.items():
        hand, elbow = (chest @ (pose[f"{of}.{side}"] * (sign, 1, 1)) for of in ("hand", "elbow"))
        bones = [f"{bone}.{side}" for bone in ARM]
        twist = -sign * pose[f"palm.{side}"][0]
        fixed |= _limb(body, at, trunk, bones, shoulders + arm * hand, elbow, twist)
        bones = [f"{bone}.{side}" for bone in LEG]
        toes = turn @ euler(yaw=sign * pose[f"toes.{side}"][0])
        fixed |= _limb(body, at, trunk, bones, feet[side], toes[:, 2], 0.0)
        # A heel leaves the floor where the shin leans too far; a raised foot hangs a little.
        lean = np.clip(fixed[bones[1]][:, 1] @ toes[:, 2] - 0.55, 0, 0.6)
        hanging = 0.5 * np.clip(pose[f"foot.{side}"][1] / 0.12, 0, 1)
        fixed[bones[2]] = toes @ euler(lean + hanging)
    return body.forward(heads, local, fixed, position)


def _limb(body, at, trunk, bones, target, pole, twist):
    """Rotations of a limb's upper and lower bone that take its end's bone to a target.

    The elbow or knee points to the direction `pole`; the lower bone turns about itself by `twist`
    radians. `at` has the bones' heads at rest, the Pose `trunk` what the limb hangs on.
    """
    upper, lower, end = bones
    rest_upper, rest_lower = at[lower] - at[upper], at[end] - at[lower]
    first, second = np.linalg.norm(rest_upper), np.linalg.norm(rest_lower)
    way = target - trunk.heads[body.bone[upper]]
    nearest, farthest = LEAST_BEND * max(first, second), MOST_REACH * (first + second)
    reach, way = np.clip(np.linalg.norm(way), nearest, farthest), unit(way)
    # The law of cosines, in the plane of the target and the pole.
    cosine = (first**2 + reach**2 - second**2) / (2 * first * reach)
    aside = unit(pole - way * (pole @ way))
    along_upper = cosine * way + np.sqrt(1 - cosine**2) * aside
    along_lower = reach * way - first * along_upper
    hinge = np.cross(aside, way)
    # Knees are almost straight at rest; they bend about the x axis.
    rest_hinge = (1, 0, 0) if lower.startswith("lowerleg") else np.cross(rest_upper, rest_lower)
    turned, bent = (
        Rotation.align_vectors([now, hinge], [rest, rest_hinge], weights=[np.inf, 1])[0]
        for now, rest in ((along_upper, rest_upper), (along_lower, rest_lower))
    )
    # Half of the upper bone's twist is at its start, the rest in its middle.
    above = trunk.rotations[body.parents[body.bone[upper]]]
    swung = Rotation.align_vectors(along_upper, above @ rest_upper)[0] * Rotation.from_matrix(above)
    twists = Rotation.from_rotvec(np.outer((0.4 * twist, twist), unit(along_lower)))
    rotations = (Rotation.concatenate([swung, turned]).mean(), turned, *(twists * bent))
    names = (upper, upper.replace("01", "02"), lower, lower.replace("01", "02"))
    return {name: turn.as_matrix() for name, turn in zip(names, rotations, strict=True)}


def _hand(at, pose, side, sign):
    """Rotations of the wrist's and the fingers' bones relative to their parents."""
    bones = [f"finger{n}-{joint}.{side}" for n in (1, 2, 3, 4, 5) for joint in (1, 2, 3)]
    knuckles = np.array([at[bone] for bone in bones]).reshape(5, 3, 3)
    across = knuckles[1, 0] - knuckles[4, 0]
    palm = np.cross(across, at[f"wrist.{side}"] - at[f"lowerarm01.{side}"])
    flexion, deviation = pose[f"wrist.{side}"]
    first, second = np.diff(knuckles, axis=1).swapaxes(0, 1)
    hinges = unit(np.cross(first, second))
    # The fingers bend side by side, the thumb across them.
    hinges[1:] = unit(hinges[1:].mean(axis=0))
    turns = np.einsum("f,j,fx->fjx", pose[f"fingers.{side}"], FULL_CURL, hinges)
    turns[:, 0] += (pose[f"spread.{side}"] * SPREAD)[:, None] * unit(np.cross(hinges, first))
    local = dict(zip(bones, Rotation.from_rotvec(turns.reshape(-1, 3)).as_matrix(), strict=True))
    turns = (sign * flexion * unit(across), deviation * unit(palm))
    local[f"wrist.{side}"] = np.matmul(*Rotation.from_rotvec(turns).as_matrix())
    return local


def arm_depth(body: Body, rest: np.ndarray, heads: np.ndarray, pose: Parameters) -> float:
    """How deep in metres a person's forearm or hand is in the body or the other arm."""
    points = body.skin(rest, heads, place(body, heads, pose))[body.vertices["body"]]
    outwards = normals(points, triangles(body.quads["body"]))
    skin, deepest = body.places["body"], -NEAR
    for sign in SIDES.values():
        here = sign * skin.mean[:, 0] > 0
        forearm = np.flatnonzero(here & (skin.arm > 0.99) & (skin.along_arm > 1.3))[::3]
        others = np.flatnonzero(~here | (skin.arm < 0.15))[::2]
        distance, index = cKDTree(points[others]).query(points[forearm])
        near = others[index]
        depth = ((points[near] - points[forearm]) * outwards[near]).sum(axis=1)
        deepest = max(deepest, float(depth[distance < NEAR].max(initial=-NEAR)))
    return deepest


def sample_motion(
    rng: np.random.Generator, person: tuple[Body, np.ndarray, np.ndarray], steps: int, upper: bool
) -> list[Parameters]:
    """Draws the poses of a video, one a step; `upper`: only the upper body will be seen.

    A person is a body, its vertices at rest (V, 3) and its bones' heads (B, 3).
    """
    turn = np.clip(rng.normal(0, 0.22 if upper else 0.38), -MOST_TURN, MOST_TURN)

    def is_free(before, after, share):
        pose = {name: before[name] + share * (after[name] - before[name]) for name in after}
        return arm_depth(*person, pose) <= DEEPEST

    keys, times = [], []
    while len(keys) < 2 or times[-1] < steps - 1:
        pauses = keys and rng.random() < PAUSES
        after = keys[-1] if pauses else sample_pose(rng, upper, turn)
        before = keys[-1] if keys else after
        if all(is_free(before, after, share) for share in CHECKS):
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
