"""Skeletons: which joints a person has, and which rigid limbs they span.

The network moves a person limb by limb (section 3 of the CVPR 2018 paper). A skeleton says
which joints make a limb, how wide the limb's mask is, what a mirrored person's joints are
called, and how a person's size is measured for the crop.
"""

import dataclasses
import json
from collections import Counter
from pathlib import Path

import numpy as np

from posewarp.errors import PosewarpError
from posewarp.files import read_text

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
        self._require(len(self.joints) > 0, "joints", "at least one joint")
        self._require(all(isinstance(x, str) for x in self.joints), "joints", "names as text")
        self._require_unique("joints", self.joints)
        self._require(len(self.limbs) > 0, "limbs", "at least one limb")
        self._require_unique("limbs", [limb.name for limb in self.limbs])
        for limb in self.limbs:
            where = f"limbs: {limb.name}"
            self._require_known(f"{where}: ends", limb.joints)
            self._require(all(limb.ends), f"{where}: ends", "a joint at each end")
            self._require_unique(f"{where}: ends", limb.joints)
            self._require(_is_positive(limb.width), f"{where}: width", "a positive number")
        self._require_pairs("mirror", self.mirror)
        self._require_known("mirror", [joint for pair in self.mirror for joint in pair])
        self._require_unique("mirror", [joint for pair in self.mirror for joint in pair])
        self._require(len(self.size) > 0, "size", "at least one measure")
        for index, measure in enumerate(self.size):
            where = f"size: {index}"
            self._require(_is_positive(measure.factor), f"{where}: factor", "a positive number")
            self._require(len(measure.segments) > 0, f"{where}: segments", "at least one")
            self._require_pairs(f"{where}: segments", measure.segments)
            for segment in measure.segments:
                self._require_known(f"{where}: segments", segment)
                self._require_unique(f"{where}: segments", segment)
            self._require(
                measure.along in ("distance", "y"), f"{where}: along", '"distance" or "y"'
            )
            self._require(
                measure.over in ("frame", "video"), f"{where}: over", '"frame" or "video"'
            )

    def _require(self, condition, field, expected):
        if not condition:
            raise PosewarpError(f"skeleton {self.name}: {field}: expected {expected}")

    def _require_unique(self, field, names):
        for name, count in Counter(names).items():
            self._require(count == 1, field, f"{name} only once")

    def _require_pairs(self, field, pairs):
        for pair in pairs:
            self._require(len(pair) == 2, field, f"pairs of joints, got {', '.join(pair)}")

    def _require_known(self, field, names):
        for name in names:
            self._require(
                name in self.joints, field, f"one of {', '.join(self.joints)}, got {name!r}"
            )

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
        if not isinstance(name, str):
            raise PosewarpError("skeleton: name: expected text")
        try:
            limbs = tuple(
                Limb(**{**limb, "ends": _nested_tuple(limb["ends"])}) for limb in fields["limbs"]
            )
            size = tuple(
                SizeMeasure(**{**measure, "segments": _nested_tuple(measure["segments"])})
                for measure in fields["size"]
            )
            for limb in limbs:
                if len(limb.ends) != 2:
                    raise TypeError(f"limbs: {limb.name}: ends: expected two groups of joints")
            return cls(
                **{
                    **fields,
                    "joints": _names(fields["joints"]),
                    "limbs": limbs,
                    "mirror": _nested_tuple(fields["mirror"]),
                    "size": size,
                }
            )
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
        try:
            fields = json.loads(read_text(path))
        except OSError as error:
            raise PosewarpError(f"{path}: cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise PosewarpError(f"{path}: not a JSON file: {error}") from error
        try:
            return cls.from_dict(fields)
        except PosewarpError as error:
            raise PosewarpError(f"{path}: {error}") from error


def _is_positive(number):
    # True is an integer to Python.
    return (
        isinstance(number, (int, float))
        and not isinstance(number, bool)
        and 0 < number < float("inf")
    )


def _names(names):
    if not isinstance(names, list):
        raise TypeError(f"joints: expected a list of names, got {type(names).__name__}")
    return tuple(names)


def _nested_tuple(groups):
    if isinstance(groups, str) or any(isinstance(group, str) for group in groups):
        raise TypeError(f"expected a list of lists of joint names, got {groups!r}")
    return tuple(tuple(group) for group in groups)


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
