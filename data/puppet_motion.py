"""How puppets move: body proportions, joint angles over time, and the joints they give.

A puppet is a flat figure that faces the camera. Its bones keep their lengths, apart from one
scale for the whole body when it steps towards the camera, so every limb moves by exactly the
similarity that the network fits to it (section 3.2 of the CVPR 2018 paper).

Lengths are in units of the standing height, image y grows downwards. Angles are in degrees:
0 hangs straight down, positive turns away from the body's midline, for either side.
"""

import dataclasses

import numpy as np

from posewarp.skeleton import FULL_BODY

JOINT = {name: index for index, name in enumerate(FULL_BODY.joints)}
SIDES = {"right": -1, "left": 1}
"""A person who faces the camera has their right on the image's left."""

MEAN_SPEED = 4.5
"""Degrees per frame that a joint turns at most, on average over one change of pose."""
CHANGE_FRAMES = (8, 20)
"""Frames that a change of pose takes, where the speed allows it."""
HOLD_PROBABILITY = 0.25
WOBBLE = 2.0
"""Amplitude in degrees of the small motion on top of the poses."""
JITTER = 9.0
"""Standard deviation in degrees about the named poses."""
LARGEST_PERSON, MARGIN = 0.66, 0.035
"""Standing height, and the empty border, as shares of the frame's height.

The network's crop is about 1.4 times the standing height, and hardly leaves the frame.
"""

ARM_POSES = {
    # name: (upper arm from straight down, elbow), and how often it is drawn
    "hanging": ((9, -8), 3),
    "bent": ((14, -38), 1),
    "on the hip": ((44, -98), 2),
    "across the belly": ((8, -96), 3),
    "across the chest": ((16, -124), 3),
    "reaching across": ((-26, -52), 2),
    "out low": ((46, 4), 1),
    "out": ((86, 0), 2),
    "out, forearm up": ((82, 88), 2),
    "out, forearm down": ((84, -84), 1),
    "waving": ((58, 96), 2),
    "at the head": ((78, 128), 1),
    "up and out": ((128, 4), 2),
    "up": ((162, 12), 2),
    "over the head": ((132, 66), 1),
}

LEG_POSES = {
    # name: (thigh from straight down, knee) of one leg, then of the other, and how often
    "standing": ((5, -3, 5, -3), 3),
    "wide": ((22, -7, 22, -7), 2),
    "leaning on one leg": ((0, 1, 17, -17), 2),
    "bowed": ((36, -46, 36, -46), 1),
    "lunge": ((44, -54, 30, -4), 2),
    "crossed": ((-13, -3, -4, 3), 2),
    "crossed in front": ((-15, 6, 6, -3), 2),
    "kick": ((48, -4, 3, -3), 1),
    "knee out, foot in": ((54, -104, 2, 0), 1),
    "heel out": ((-6, 34, 4, -3), 1),
}


@dataclasses.dataclass(frozen=True)
class Body:
    """Lengths of a person's parts, in units of the standing height.

    `head` runs from the top of the head to the neck joint, `neck_drop` from there to the
    line of the shoulders, `foot` from the ankle to the sole. `shoulder` and `hip` are half
    widths. `girth` multiplies the thickness of everything.
    """

    head: float
    neck_drop: float
    torso: float
    upper_leg: float
    lower_leg: float
    foot: float
    shoulder: float
    hip: float
    upper_arm: float
    lower_arm: float
    hand: float
    girth: float


def sample_body(rng: np.random.Generator) -> Body:
    """Draws proportions whose vertical lengths sum to 1."""
    heights = {
        "head": rng.uniform(0.168, 0.205),
        "neck_drop": rng.uniform(0.012, 0.02),
        "torso": rng.uniform(0.26, 0.295),
        "upper_leg": rng.uniform(0.215, 0.25),
        "lower_leg": rng.uniform(0.205, 0.235),
        "foot": 0.042,
    }
    total = sum(heights.values())
    arm = rng.uniform(0.285, 0.32)
    return Body(
        **{name: float(height / total) for name, height in heights.items()},
        shoulder=float(rng.uniform(0.088, 0.112)),
        hip=float(rng.uniform(0.044, 0.056)),
        upper_arm=float(0.52 * arm),
        lower_arm=float(0.48 * arm),
        hand=0.078,
        girth=float(rng.uniform(0.85, 1.25)),
    )


def sample_motion(rng: np.random.Generator, frames: int) -> dict[str, np.ndarray]:
    """Draws a smooth sequence of anatomically possible poses.

    Returns:
        Float arrays (frames,). In degrees: `lean` of the torso and `tilt` of the head over
        it, positive towards the image's right; `right_arm`, `right_elbow`, `right_leg`,
        `right_knee` and the same for the left. In heights: `shift` to the image's right,
        `hop` above the floor. `scale` is 1 at the usual distance from the camera.
    """
    arms = _timeline(rng, frames, _draw_arms)
    legs = _timeline(rng, frames, _draw_legs)
    trunk = _timeline(rng, frames, lambda rng, _: np.clip(rng.normal(0, (6, 9)), -16, 16))
    place = _timeline(rng, frames, lambda rng, _: rng.uniform((-8, -3), (8, 3)))
    arms, legs, trunk = (angles + _wobble(rng, angles.shape) for angles in (arms, legs, trunk))
    motion = {
        "right_arm": arms[:, 0],
        "right_elbow": arms[:, 1],
        "left_arm": arms[:, 2],
        "left_elbow": arms[:, 3],
        "right_leg": legs[:, 0],
        "right_knee": legs[:, 1],
        "left_leg": legs[:, 2],
        "left_knee": legs[:, 3],
        "lean": trunk[:, 0],
        "tilt": trunk[:, 1],
        "shift": place[:, 0] / 100,
        "scale": 1 + place[:, 1] / 100,
        "hop": _hops(rng, frames),
    }
    return _within_limits(motion)


def _draw_arms(rng, previous):
    """One pose of both arms; at times they match, at times one stays where it was."""
    right, left = _draw(rng, ARM_POSES), _draw(rng, ARM_POSES)
    kind = rng.random()
    if kind < 0.3:
        left = right
    arms = np.concatenate([right, left]) + rng.normal(0, JITTER, 4)
    if previous is not None and kind > 0.75:
        stays = 2 * int(rng.integers(2))
        arms[stays : stays + 2] = previous[stays : stays + 2]
    return arms


def _draw_legs(rng, _previous):
    legs = _draw(rng, LEG_POSES) + rng.normal(0, 0.4 * JITTER, 4)
    return np.roll(legs, 2 * int(rng.integers(2)))


def _draw(rng, poses):
    often = np.array([weight for _, weight in poses.values()], float)
    choice = rng.choice(len(often), p=often / often.sum())
    return np.array(list(poses.values())[choice][0], float)


def _timeline(rng, frames, draw):
    """Moves between drawn poses: `draw(rng, previous)` -> (K,); returns (frames, K).

    Each change starts and ends at rest (a minimum-jerk profile), as people's reaches do.
    """
    # The first frame falls within a change, or most videos would begin with a rest.
    time = -float(rng.uniform(0, CHANGE_FRAMES[1]))
    pose = draw(rng, None)
    times, poses = [time], [pose]
    while time < frames:
        if rng.random() < HOLD_PROBABILITY:
            time += rng.uniform(3, 9)
        else:
            following = draw(rng, pose)
            shortest = np.abs(following - pose).max() / MEAN_SPEED
            time += max(rng.uniform(*CHANGE_FRAMES), shortest)
            pose = following
        times.append(time)
        poses.append(pose)
    times, poses = np.array(times), np.array(poses)
    now = np.arange(frames)
    after = np.clip(np.searchsorted(times, now, side="right"), 1, len(times) - 1)
    u = (now - times[after - 1]) / (times[after] - times[after - 1])
    progress = (u**3 * (10 - 15 * u + 6 * u**2))[:, None]
    return poses[after - 1] + progress * (poses[after] - poses[after - 1])


def _wobble(rng, shape):
    """A few slow waves (frames, K), about `WOBBLE` degrees."""
    frames, channels = shape
    periods = rng.uniform(18, 70, (3, 1, channels))
    phases = rng.uniform(0, 2 * np.pi, (3, 1, channels))
    waves = np.sin(2 * np.pi * np.arange(frames)[None, :, None] / periods + phases)
    return WOBBLE * waves.mean(axis=0) * np.sqrt(3)


def _hops(rng, frames):
    """Heights (frames,) of a few small hops; about half of the people never hop."""
    height = np.zeros(frames)
    if rng.random() < 0.5:
        for start in np.arange(rng.uniform(0, 60), frames, 60):
            duration = rng.uniform(11, 16)
            u = np.clip((np.arange(frames) - start) / duration, 0, 1)
            height += rng.uniform(0.02, 0.05) * np.sin(np.pi * u) ** 2
    return height


def _within_limits(motion):
    """Clips arms and legs to what joints allow; an elbow's range depends on its upper arm."""
    limited = dict(motion)
    for side in SIDES:
        arm = np.clip(motion[f"{side}_arm"], -38, 174)
        least = np.interp(arm, (60, 100, 174), (-142, -110, -20))
        most = np.interp(arm, (-38, 0, 40, 100, 174), (0, 22, 92, 138, 80))
        limited[f"{side}_arm"] = arm
        limited[f"{side}_elbow"] = np.clip(motion[f"{side}_elbow"], least, most)
        limited[f"{side}_leg"] = np.clip(motion[f"{side}_leg"], -20, 62)
        limited[f"{side}_knee"] = np.clip(motion[f"{side}_knee"], -118, 42)
    return limited


def body_points(body: Body, motion: dict[str, np.ndarray]) -> np.ndarray:
    """Places the joints of a motion.

    Returns:
        Float array (frames, 15, 2): the 14 joints of `FULL_BODY`, then the point of the
        floor below the hips. In units of the standing height; the floor is about y = 0.
    """
    frames = len(motion["shift"])
    points = np.zeros((frames, len(JOINT) + 1, 2))
    up = -_direction(motion["lean"])
    across = np.stack([-up[:, 1], up[:, 0]], axis=-1)  # towards the image's right
    chest = body.torso * up
    neck = chest + body.neck_drop * up
    points[:, JOINT["neck"]] = neck
    points[:, JOINT["head"]] = neck - body.head * _direction(motion["lean"] + motion["tilt"])
    for side, sign in SIDES.items():

        def bone(start, angle, length, sign=sign):
            return start + length * _direction(-sign * angle)

        arm, leg = motion[f"{side}_arm"], motion[f"{side}_leg"]
        shoulder = chest + sign * body.shoulder * across
        elbow = bone(shoulder, arm, body.upper_arm)
        wrist = bone(elbow, arm + motion[f"{side}_elbow"], body.lower_arm)
        hip = sign * body.hip * across
        knee = bone(hip, leg, body.upper_leg)
        ankle = bone(knee, leg + motion[f"{side}_knee"], body.lower_leg)
        names = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for name, point in zip(names, (shoulder, elbow, wrist, hip, knee, ankle), strict=True):
            points[:, JOINT[f"{side}_{name}"]] = point
    # The lower foot stands on the floor. A smooth maximum, so that a change of the standing
    # leg does not jerk the whole body.
    softness = 0.006
    ankles = [points[:, JOINT[f"{side}_ankle"], 1] / softness for side in SIDES]
    lowest = softness * np.logaddexp(*ankles) + body.foot
    points[:, :-1, 1] -= (lowest + motion["hop"])[:, None]
    points[:, :, 0] += motion["shift"][:, None]
    # Who steps closer grows about the height of the camera's lens, so the feet move down.
    lens = np.array([0, -0.9])
    return lens + motion["scale"][:, None, None] * (points - lens)


def _direction(angle):
    """Unit vectors (frames, 2); 0 is down, positive turns towards the image's left."""
    radians = np.radians(angle)
    return np.stack([-np.sin(radians), np.cos(radians)], axis=-1)


def place_in_frame(rng: np.random.Generator, body: Body, points: np.ndarray):
    """Scales and moves a whole video so that the person fills the frame without leaving it.

    Args:
        rng: Generator.
        body: Body.
        points: Float array (frames, 15, 2) of `body_points`.

    Returns:
        `(points, scale)`: the points as shares of the frame's side, and the standing height
        as a share of it.
    """
    reach = [points[:, :-1] - (0, 0.02), points[:, -1:], points[:, :-1] + (0, 0.02)]
    for side in SIDES:
        elbow, wrist = points[:, JOINT[f"{side}_elbow"]], points[:, JOINT[f"{side}_wrist"]]
        ankle = points[:, JOINT[f"{side}_ankle"]]
        tip = wrist + body.hand / body.lower_arm * (wrist - elbow)
        reach += [point[:, None] for point in (tip, ankle + (0.06, 0.055), ankle - (0.06, 0))]
    reach = np.concatenate(reach, axis=1)
    low, high = reach.min(axis=(0, 1)), reach.max(axis=(0, 1))
    scale = rng.uniform(0.9, 1) * LARGEST_PERSON
    scale = min(scale, *((1 - 2 * MARGIN) / (high - low)))
    slack = 1 - 2 * MARGIN - scale * (high - low)
    # People stand near the middle; the floor is always in the frame's lower part.
    across, down = MARGIN + slack * rng.uniform((0.4, 0.55), (0.6, 0.75))
    return scale * (points - low) + (across, down), float(scale)
