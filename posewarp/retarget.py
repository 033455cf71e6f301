"""From one person's poses to another's: fit size and place, and bone lengths if wanted.

Poses are float arrays (N, J, 2), (x, y) in pixels, NaN where a joint is missing; the source, the
other person, is one (J, 2).
"""

import warnings

import numpy as np

from posewarp.errors import DataError
from posewarp.skeleton import Skeleton

RETARGETS = ("none", "similarity", "bones")
"""As they are; `fit_similarity`; that and `with_bones`."""
TIE = 1e-3
"""Weight of the ties between joints beside that of the bones; small, so that bones are exact."""
SHORTEST = 1e-6
"""Bones below this length, in pixels, have no direction."""


def retarget(poses: np.ndarray, source: np.ndarray, skeleton: Skeleton, how: str) -> np.ndarray:
    """Fits poses of one person to another person.

    Args:
        poses: Float array (N, J, 2): a sequence, which is fitted as a whole, by one similarity.
        source: Float array (J, 2), in the pixels that are wanted.
        how: One of `RETARGETS`.

    Raises:
        DataError: No limb is complete both in a pose and in the source.
    """
    poses, source = np.asarray(poses, "float64"), np.asarray(source, "float64")
    if how == "none":
        return poses
    affine = fit_similarity(poses, source, skeleton)
    poses = poses @ affine[:, :2].T + affine[:, 2]
    return with_bones(poses, source, skeleton) if how == "bones" else poses


def fit_similarity(poses: np.ndarray, source: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Finds the scale and shift that take poses to a person's size and place.

    The scale is the median ratio of limb lengths, the shift the median over joints: both over
    the whole sequence, so a raised arm or a foreshortened leg moves nothing.

    Returns:
        Float array (2, 3).

    Raises:
        DataError: No limb is complete both in a pose and in the source.
    """
    wanted, lengths = (_lengths(_limbs(x, skeleton)) for x in (source, poses))
    ratios = np.broadcast_to(wanted, lengths.shape) / lengths
    if not np.isfinite(ratios).any():
        raise DataError(
            f"the pose cannot be fitted to the person: no limb of skeleton {skeleton.name} has "
            "all its joints in both"
        )
    scale = np.nanmedian(ratios)
    shifts = (source - scale * poses).reshape(-1, 2)
    return np.column_stack([scale * np.eye(2), np.nanmedian(shifts, axis=0)])


def with_bones(poses: np.ndarray, source: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Gives every limb a person's length, and leaves it its direction.

    A limb's typical length over the sequence becomes that of the source; shorter in one frame,
    because it points at the camera, it stays so. Joints that no limb ties to the others keep
    keep their places relative to those that are always near them (a neck to its shoulders).
    Limbs that the source lacks keep their lengths. The poses are of the person's size already.
    """
    wanted = _lengths(_limbs(source, skeleton))
    limbs = _limbs(poses, skeleton)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NaN for a limb that is never there
        typical = np.nanmedian(_lengths(limbs), axis=0)
    factors = np.where(np.isfinite(wanted / typical), wanted / typical, 1)
    vectors = limbs * factors[:, None]

    differences = skeleton.end_weights[1] - skeleton.end_weights[0]
    gaps = np.linalg.norm(poses[:, :, None] - poses[:, None], axis=-1)
    # Far apart in one frame is far: a hand that touches the head is not tied to it.
    farthest = np.where(np.isfinite(gaps), gaps, 0).max(axis=0)
    joint = np.eye(len(skeleton.joints))
    first, second = np.triu_indices(len(joint), 1)
    nearness = 1 / np.maximum(farthest[first, second] / farthest.max(), 0.01) ** 2
    ties = TIE * nearness[:, None] * (joint[second] - joint[first])
    anchor = TIE**2 * joint

    result = np.full_like(poses, np.nan)
    for index, pose in enumerate(poses):
        present = np.isfinite(pose).all(axis=1)
        whole = np.isfinite(vectors[index]).all(axis=1)
        # A tie is whole if it loses nothing with the joints that are missing.
        tied = ~(ties[:, ~present] != 0).any(axis=1)
        springs = np.concatenate([ties[tied], anchor[present]])[:, present]
        matrix = np.concatenate([differences[whole][:, present], springs])
        lengths = np.concatenate([vectors[index, whole], springs @ pose[present]])
        result[index, present] = np.linalg.lstsq(matrix, lengths, rcond=None)[0]
    return result


def _limbs(poses, skeleton):
    """From the first end to the second of every limb, (..., L, 2); NaN where one is missing."""
    weights = skeleton.end_weights[1] - skeleton.end_weights[0]
    incomplete = np.isnan(poses).any(axis=-1) @ skeleton.membership.T > 0
    return np.where(incomplete[..., None], np.nan, weights @ np.nan_to_num(poses))


def _lengths(limbs):
    lengths = np.linalg.norm(limbs, axis=-1)
    return np.where(lengths > SHORTEST, lengths, np.nan)
