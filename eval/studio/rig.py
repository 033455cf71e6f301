"""How a person's joints hang on each other, and where they are on one who stands: for any skeleton.

A skeleton has limbs and no order among them. Here its largest limb is the body, which hangs on
nothing; every other joint hangs on the end of a limb that is nearer to the body.
"""

import numpy as np

from posewarp.skeleton import Skeleton

SIDED = {
    "eye": (0.02, 0.07),
    "ear": (0.045, 0.08),
    "shoulder": (0.105, 0.19),
    "elbow": (0.15, 0.35),
    "wrist": (0.17, 0.5),
    "hand": (0.175, 0.54),
    "hip": (0.065, 0.5),
    "knee": (0.075, 0.73),
    "ankle": (0.08, 0.95),
    "heel": (0.075, 0.98),
    "foot": (0.1, 0.99),
    "big_toe": (0.095, 0.99),
    "small_toe": (0.12, 0.985),
}
MIDDLE = {
    "head": 0.0,
    "head_top": 0.0,
    "nose": 0.085,
    "chin": 0.13,
    "neck": 0.15,
    "thorax": 0.19,
    "spine": 0.35,
    "pelvis": 0.5,
    "mid_hip": 0.5,
}
"""Where joints are on a person of height 1 who stands: to the side and below the top, or below."""
STANDING = {name: (0.0, y) for name, y in MIDDLE.items()} | {
    # The person's right is on the left of a picture.
    f"{side}_{name}": (sign * x, y)
    for side, sign in (("right", -1), ("left", 1))
    for name, (x, y) in SIDED.items()
}


def limb_ends(skeleton: Skeleton) -> list[list[list[int]]]:
    """By limb, the indices of the joints at either end."""
    index = skeleton.joints.index
    return [[list(map(index, end)) for end in limb.ends] for limb in skeleton.limbs]


def hangs_on(skeleton: Skeleton) -> list[list[int]]:
    """By joint, the indices of those on which it hangs: it turns about their mean.

    Those of the body hang on none, nor does what no limb ties to it.
    """
    limbs, places = limb_ends(skeleton), template(skeleton)

    def size(ends):
        start, end = (places[joints].mean(axis=0) for joints in ends)
        return len(ends[0] + ends[1]), np.linalg.norm(end - start)

    # The end with more joints is the body: of a head above two shoulders, the shoulders.
    start, end = sorted(max(limbs, key=size), key=len, reverse=True)
    parents: dict[int, list[int]] = {joint: [] for joint in start}
    parents |= {joint: start if len(end) == 1 else [] for joint in end}
    roots = list(parents)
    joints = range(len(skeleton.joints))
    while left := [joint for joint in joints if joint not in parents]:
        for near, far in (*limbs, *(ends[::-1] for ends in limbs)):
            new = [joint for joint in far if joint in left]
            if new and not set(near) & set(left):
                parents |= dict.fromkeys(new, near)
                break
        else:  # of what is tied to nothing, whatever is nearest goes next
            gaps = np.linalg.norm(places[left][:, None] - places[list(parents)], axis=-1)
            joint, nearest = np.unravel_index(gaps.argmin(), gaps.shape)
            nearest = list(parents)[nearest]
            parents[left[joint]] = [] if nearest in roots else [nearest]
    return [parents[joint] for joint in joints]


def template(skeleton: Skeleton) -> np.ndarray:
    """Where the joints are on a person of height 1 who stands, facing the camera.

    Joints of names that are not known here are between those that limbs tie them to.

    Returns:
        Float array (J, 2): x from the middle, y from the top of the head.
    """
    places = {name: STANDING[name] for name in skeleton.joints if name in STANDING}
    for number, name in enumerate(skeleton.joints):
        tied = [limb for limb in skeleton.limbs if name in limb.joints]
        known = [STANDING[other] for limb in tied for other in limb.joints if other in STANDING]
        # Apart from each other, so that each can be taken hold of.
        aside = 0.03 * (number % 5 - 2)
        places.setdefault(name, tuple(np.mean(known or [(0, 0.5)], axis=0) + (aside, 0.03)))
    return np.array([places[name] for name in skeleton.joints], "float64")
