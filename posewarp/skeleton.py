"""Skeletons: which joints a person has, and which rigid limbs they span.

The network moves a person limb by limb (section 3 of the CVPR 2018 paper). A skeleton says
which joints make a limb, how wide the limb's mask is, what a mirrored person's joints are
called, and how a person's size is measured for the crop.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np

from posewarp.errors import PosewarpError
from posewarp.files import read_json_file

PERSON_HEIGHT = 1.14 * 200
"""Height of a person in a 256 px crop, in pixels."""


@dataclasses.dataclass(frozen=True)
class Limb:
    """A part of the body that moves rigidly.

    Args:
        name: str. Unique within the skeleton.
        ends: Two groups of joint names. Each end point is the mean of its group; all joints
            of both groups take part in the limb's similarity fit.
        width: float. Standard deviation of the mask across the limb, in pixels of a 256 px
            image.
    """

    name: str
    ends: tuple[tuple[str, ...], tuple[str, ...]]
    width: float = 11.0

    @property
    def joints(self) -> tuple[str, ...]:
        """Names of all joints of the limb."""
        return self.ends[0] + self.ends[1]


@dataclasses.dataclass(frozen=True)
class SizeMeasure:
    """One way to measure how large a person is in a frame.

    The measure is `factor` times the mean length of the segments that are visible. A
    person's size is the largest of the skeleton's measures.

    Args:
        factor: float. Turns the mean segment length into the person's height.
        segments: Pairs of joint names.
        along: `"distance"` for Euclidean length, `"y"` for the second joint's height over
            the first (image y grows downwards).
        over: `"frame"`, or `"video"` for the median over the video's frames.
    """

    factor: float
    segments: tuple[tuple[str, str], ...]
    along: str = "distance"
    over: str = "frame"


@dataclasses.dataclass(frozen=True)
class Skeleton:
    """Joints, limbs, mirror pairs and size measures of a person.

    Args:
        name: str. What the skeleton is called in messages.
        joints: Joint names, in the order of the joint axis of every array.
        limbs: The limbs, in the order of the limb axis of masks and transforms.
        mirror: Pairs of joints that change places in a mirror image.
        size: The measures of a person's size.

    Raises:
        PosewarpError: A name is unknown or repeated, a limb is degenerate, or a number is
            not positive. The message names the field.
    """

    name: str
    joints: tuple[str, ...]
    limbs: tuple[Limb, ...]
    mirror: tuple[tuple[str, str], ...]
    size: tuple[SizeMeasure, ...]

    def __post_init__(self):
        def require(condition, field, expected):
            if not condition:
                raise PosewarpError(f"skeleton {self.name}: {field}: expected {expected}")

        def require_joints(field, names):
            for name in names:
                known = f"one of {', '.join(self.joints)}"
                require(name in self.joints, field, f"{known}, got {name!r}")
                require(names.count(name) == 1, field, f"{name} only once")

        def require_pairs(field, pairs):
            for pair in pairs:
                require(len(pair) == 2, field, f"pairs of joints, got {', '.join(pair)}")
                require_joints(field, pair)

        require(isinstance(self.name, str), "name", "text")
        require(self.joints, "joints", "at least one joint")
        require(all(isinstance(name, str) for name in self.joints), "joints", "names as text")
        require_joints("joints", self.joints)
        require(self.limbs, "limbs", "at least one limb")
        names = [limb.name for limb in self.limbs]
        for limb in self.limbs:
            where = f"limbs: {limb.name}"
            require(names.count(limb.name) == 1, "limbs", f"{limb.name} only once")
            require(len(limb.ends) == 2, f"{where}: ends", "two groups of joints")
            require(all(limb.ends), f"{where}: ends", "a joint at each end")
            require_joints(f"{where}: ends", limb.joints)
            require(_is_positive(limb.width), f"{where}: width", "a positive number")
        require_pairs("mirror", self.mirror)
        require_joints("mirror", [joint for pair in self.mirror for joint in pair])
        require(self.size, "size", "at least one measure")
        for index, measure in enumerate(self.size):
            where = f"size: {index}"
            require(_is_positive(measure.factor), f"{where}: factor", "a positive number")
            require(measure.segments, f"{where}: segments", "at least one")
            require_pairs(f"{where}: segments", measure.segments)
            require(measure.along in ("distance", "y"), f"{where}: along", '"distance" or "y"')
            require(measure.over in ("frame", "video"), f"{where}: over", '"frame" or "video"')

    @property
    def mirrored(self) -> list[int]:
        """For every joint, the index of the joint it becomes in a mirror image."""
        partner = {a: b for pair in self.mirror for a, b in (pair, pair[::-1])}
        return [self.joints.index(partner.get(joint, joint)) for joint in self.joints]

    @property
    def end_weights(self) -> np.ndarray:
        """Float array (2, L, J) that takes joints to the limbs' end points."""
        weights = np.zeros((2, len(self.limbs), len(self.joints)), "float32")
        for index, limb in enumerate(self.limbs):
            for end, group in enumerate(limb.ends):
                for joint in group:
                    weights[end, index, self.joints.index(joint)] = 1 / len(group)
        return weights

    @property
    def membership(self) -> np.ndarray:
        """Float array (L, J): 1 where the joint takes part in the limb's similarity fit."""
        return (self.end_weights.sum(axis=0) > 0).astype("float32")

    @property
    def limb_widths(self) -> np.ndarray:
        """Float array (L,): sigma across each limb, in pixels of a 256 px image."""
        return np.array([limb.width for limb in self.limbs], "float32")

    def to_dict(self) -> dict:
        """The skeleton as plain JSON values; `from_dict` takes it back."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def from_dict(cls, fields: dict) -> "Skeleton":
        """Makes a skeleton from the values of a JSON file.

        Raises:
            PosewarpError: A field is missing, unknown, or of the wrong form.
        """
        if not isinstance(fields, dict):
            raise PosewarpError("skeleton: expected a JSON object with name, joints, limbs")
        name = fields.get("name", "without a name")
        try:
            (joints,) = _tuples("joints", [fields["joints"]])
            limbs = [
                Limb(**{**limb, "ends": _tuples("ends", limb["ends"])}) for limb in fields["limbs"]
            ]
            size = [
                SizeMeasure(**{**measure, "segments": _tuples("segments", measure["segments"])})
                for measure in fields["size"]
            ]
            mirror = _tuples("mirror", fields["mirror"])
            made = {"joints": joints, "limbs": tuple(limbs), "mirror": mirror, "size": tuple(size)}
            return cls(**{**fields, **made})
        except KeyError as error:
            raise PosewarpError(f"skeleton {name}: field {error} is missing") from error
        except (TypeError, AttributeError, ValueError) as error:
            raise PosewarpError(
                f"skeleton {name}: expected the form that docs/skeletons.md shows: {error}"
            ) from error

    @classmethod
    def load(cls, path: str | Path) -> "Skeleton":
        """Reads a skeleton from a JSON file (docs/skeletons.md shows one).

        Raises:
            PosewarpError: The file cannot be read, is not JSON, or is not a skeleton.
        """
        fields = read_json_file(path)
        try:
            return cls.from_dict(fields)
        except PosewarpError as error:
            raise PosewarpError(f"{path}: {error}") from error


def _is_positive(number):
    return type(number) in (int, float) and 0 < number < float("inf")


def _tuples(field, lists):
    if not all(isinstance(names, list) for names in lists):
        raise TypeError(f"{field}: expected lists of joint names, got {lists!r}")
    return tuple(map(tuple, lists))


def _sides(*names):
    return tuple((f"right_{name}", f"left_{name}") for name in names)


def _bones(*pairs):
    return tuple(
        Limb(f"{side}_{name}", ((f"{side}_{start}",), (f"{side}_{end}",)))
        for side in ("right", "left")
        for name, start, end in pairs
    )


FULL_BODY = Skeleton(
    name="full_body",
    joints=(
        "head",
        "neck",
        *(f"right_{name}" for name in ("shoulder", "elbow", "wrist")),
        *(f"left_{name}" for name in ("shoulder", "elbow", "wrist")),
        *(f"right_{name}" for name in ("hip", "knee", "ankle")),
        *(f"left_{name}" for name in ("hip", "knee", "ankle")),
    ),
    limbs=(
        Limb("head", (("head",), ("neck",))),
        *_bones(("upper_arm", "shoulder", "elbow"), ("lower_arm", "elbow", "wrist")),
        *_bones(("upper_leg", "hip", "knee"), ("lower_leg", "knee", "ankle")),
        Limb("torso", (("right_shoulder", "left_shoulder"), ("right_hip", "left_hip")), 13.0),
    ),
    mirror=_sides("shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
    size=(
        SizeMeasure(2.5, (("right_hip", "head"), ("left_hip", "head")), along="y"),
        SizeMeasure(5.0, (("right_knee", "right_ankle"), ("left_knee", "left_ankle"))),
    ),
)
"""The 14 MPII joints and 10 limbs of the CVPR 2018 paper."""

UPPER_BODY = Skeleton(
    name="upper_body",
    joints=(
        "head",
        *(
            f"{side}_{name}"
            for name in ("wrist", "elbow", "shoulder")
            for side in ("right", "left")
        ),
    ),
    limbs=(
        *_bones(("lower_arm", "elbow", "wrist"), ("upper_arm", "shoulder", "elbow")),
        Limb("neck", (("head",), ("right_shoulder", "left_shoulder"))),
    ),
    mirror=_sides("wrist", "elbow", "shoulder"),
    size=(SizeMeasure(4.5, (("right_shoulder", "left_shoulder"),), over="video"),),
)
"""The 7 joints of VGG's YouTube Pose data and 5 limbs."""

SKELETONS = {skeleton.name: skeleton for skeleton in (FULL_BODY, UPPER_BODY)}


def skeleton_from_name(name_or_path: str) -> Skeleton:
    """Returns the skeleton of a name in `SKELETONS`, or reads it from a JSON file.

    Raises:
        PosewarpError: It is neither.
    """
    if name_or_path in SKELETONS:
        return SKELETONS[name_or_path]
    if not name_or_path.endswith(".json"):
        raise PosewarpError(
            f"skeleton {name_or_path!r}: expected {', '.join(SKELETONS)} or a .json file"
        )
    return Skeleton.load(name_or_path)
