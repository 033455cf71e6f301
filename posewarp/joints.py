"""Joints as callers give them, checked; where they lie, and how large a person they show."""

from collections.abc import Mapping, Sequence

import numpy as np

from posewarp.errors import DataError
from posewarp.skeleton import Skeleton

Joints = np.ndarray | Mapping[str, Sequence[float] | None]


def joints_from_names(
    joints: Mapping[str, Sequence[float] | None], skeleton: Skeleton
) -> np.ndarray:
    """Lays joints by name out in the order of a skeleton.

    Args:
        joints: (x, y) by joint name, None where missing. Other names are passed over.

    Returns:
        Float32 array (J, 2), NaN where missing.

    Raises:
        DataError: A joint of the skeleton is not named, or has another form.
    """
    absent = [name for name in skeleton.joints if name not in joints]
    if absent:
        raise DataError(
            f"expected every joint of skeleton {skeleton.name}, null (None in Python) where it is "
            f"missing; absent: {', '.join(absent)}"
        )
    array = np.full((len(skeleton.joints), 2), np.nan, "float32")
    for index, name in enumerate(skeleton.joints):
        if joints[name] is None:
            continue
        point = _point(joints[name])
        if point is None:
            raise DataError(f"{name}: expected (x, y) in pixels or null, got {joints[name]!r}")
        array[index] = point
    return array


def _point(values):
    """The values as a float32 array (2,), or None where they are not two numbers."""
    try:
        # One by one: among numbers, a truth value would become one.
        numbers = [np.asarray(value) for value in values]
        with np.errstate(over="ignore"):  # beyond float32 is infinite, too
            point = np.array(numbers, "float64").astype("float32")
    except (TypeError, ValueError, OverflowError):
        return None
    are_numbers = {number.dtype.kind for number in numbers} <= set("iuf")
    return point if are_numbers and point.shape == (2,) and not np.isinf(point).any() else None


def usable_joints(
    joints: Joints, skeleton: Skeleton, photo_size: tuple[int, int], field: str
) -> np.ndarray:
    """Checks that joints show at least one limb within a photo.

    Args:
        joints: Float array (J, 2), NaN where missing, or (x, y) or None by joint name.
        photo_size: The photo's height and width.
        field: str. What the joints are called in messages.

    Returns:
        Float32 array (J, 2).

    Raises:
        DataError: They have another form, or no limb has all its joints within the photo.
    """
    try:
        if isinstance(joints, Mapping):
            joints = joints_from_names(joints, skeleton)
        joints = np.asarray(joints, "float32")
    except DataError as error:
        raise DataError(f"{field}: {error}") from error
    except (TypeError, ValueError) as error:
        raise DataError(f"{field}: expected numbers: {error}") from error
    expected = (len(skeleton.joints), 2)
    if joints.shape != expected or np.isinf(joints).any():
        raise DataError(
            f"{field}: expected {expected[0]} joints (x, y) of skeleton {skeleton.name}, NaN "
            f"where missing, got an array of shape {joints.shape}"
        )
    height, width = photo_size
    inside = is_inside(joints, height, width)
    if not (skeleton.membership @ ~inside == 0).any():
        raise DataError(
            f"{field}: expected all joints of one limb or more within the photo of {width} x "
            f"{height} pixels, got {inside.sum()} of {len(inside)} joints within it"
        )
    return joints


def is_inside(joints, height, width, margin: float = 0.0):
    """Whether joints are there and in their frame, or within a margin about it.

    Args:
        joints: Array or tensor (..., 2) in pixels; NaN where missing.
        height, width: Size of the frame; of the joints' dtype where they are tensors.
        margin: float. Share of the frame's size.

    Returns:
        Bool array or tensor (...).
    """
    x, y = joints[..., 0], joints[..., 1]
    left, top = -0.5 - margin * width, -0.5 - margin * height
    across = (x >= left) & (x <= width - 1 - left)
    return across & (y >= top) & (y <= height - 1 - top)


def measured_sizes(joints, skeleton: Skeleton, ops=np) -> list:
    """A person's size by each of a skeleton's measures.

    Args:
        joints: Array or tensor (..., J, 2) in pixels; NaN where missing.
        skeleton: Skeleton.
        ops: `numpy`, or `keras.ops` for tensors.

    Returns:
        Arrays or tensors (...) in pixels, one a measure; NaN where a measure has no segment.
    """
    sizes = []
    for measure in skeleton.size:
        start, end = (
            ops.take(joints, [skeleton.joints.index(pair[end]) for pair in measure.segments], -2)
            for end in (0, 1)
        )
        along = start - end
        if measure.along == "y":
            lengths = along[..., 1]
        else:
            lengths = ops.sqrt(ops.sum(ops.square(along), axis=-1))
        sizes.append(measure.factor * mean_of_present(lengths, ops))
    return sizes


def mean_of_present(values, ops=np):
    """Means along the last axis of what is not NaN; NaN where there is nothing else."""
    missing = ops.isnan(values)
    count = ops.sum(ops.where(missing, 0.0, 1.0), axis=-1)
    return ops.sum(ops.where(missing, 0.0, values), axis=-1) / ops.where(count > 0, count, np.nan)
