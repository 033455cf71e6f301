import numpy as np
import pytest
from published_layout import standing_person

from posewarp.errors import DataError
from posewarp.retarget import fit_similarity, retarget
from posewarp.skeleton import FULL_BODY

JOINT = {name: index for index, name in enumerate(FULL_BODY.joints)}


def limb_vectors(poses):
    start, end = FULL_BODY.end_weights
    return end @ poses - start @ poses


def walk(frames=4):
    """A person who swings arms and legs."""
    poses = standing_person(frames)
    for name, step in {"right_wrist": 9, "left_ankle": 12, "left_knee": 6, "head": 1}.items():
        poses[:, JOINT[name], 0] += step * np.arange(frames)
    return poses


@pytest.mark.parametrize("how", ["similarity", "bones"])
def test_the_same_person_elsewhere_and_larger_is_brought_back(how):
    poses = walk()
    fitted = retarget(poses * 2.5 + [300, -40], poses[0], FULL_BODY, how)
    # By one similarity: the sequence keeps its motion, and its middle comes to the source's place.
    motion = poses - np.median(poses - poses[0], axis=(0, 1))
    # Bones are shortest in the first frame, and get their lengths from it.
    np.testing.assert_allclose(fitted, motion, atol=3 if how == "bones" else 1e-6)
    np.testing.assert_array_equal(retarget(poses, poses[0], FULL_BODY, "none"), poses)


def test_a_raised_arm_does_not_move_the_person():
    source, raised = standing_person(1)[0], standing_person(1)
    raised[0, JOINT["left_wrist"]] += [60, -150]
    raised[0, JOINT["left_elbow"]] += [30, -60]
    affine = fit_similarity(raised, source, FULL_BODY)
    np.testing.assert_allclose(affine, np.eye(2, 3), atol=1e-9)


def test_bones_keep_the_sources_lengths_and_the_drivers_directions():
    source, poses = walk(1)[0], walk(3)
    short = poses.copy()
    # Another person: longer legs, a shorter torso, a smaller head.
    short[:, :, 1] = np.where(short[:, :, 1] < 140, short[:, :, 1], short[:, :, 1] * 1.3 - 42)
    short[:, JOINT["head"], 1] += 8
    fitted = retarget(short[:1], source, FULL_BODY, "bones")
    lengths = np.linalg.norm(limb_vectors(fitted), axis=-1)
    np.testing.assert_allclose(lengths[0], np.linalg.norm(limb_vectors(source), axis=-1), rtol=0.01)
    fitted = retarget(short, source, FULL_BODY, "bones")
    before, after = (
        vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
        for vectors in (limb_vectors(short), limb_vectors(fitted))
    )
    np.testing.assert_allclose(after, before, atol=0.02)
    # No limb ties the neck to the shoulders, and it stays between them all the same.
    between = fitted[:, [JOINT["right_shoulder"], JOINT["left_shoulder"]]].mean(axis=1)
    np.testing.assert_allclose(fitted[:, JOINT["neck"]], between - [0, 10], atol=4)


@pytest.mark.parametrize("how", ["similarity", "bones"])
def test_missing_joints_leave_the_others_in_place(how):
    source, poses = walk(1)[0], walk(3)
    whole = retarget(poses, source, FULL_BODY, how)
    poses[1, JOINT["left_wrist"]] = np.nan
    poses[2] = np.nan
    source[JOINT["head"]] = np.nan
    fitted = retarget(poses, source, FULL_BODY, how)
    # The middle of two frames is half a step of 5 px from that of three, to either side.
    np.testing.assert_allclose(np.nan_to_num(fitted[:2] - whole[:2]), 0, atol=6)


def test_poses_without_a_limb_in_common_are_refused():
    source, poses = walk(1)[0], walk(2)
    source[: JOINT["right_hip"]] = np.nan
    poses[:, JOINT["right_hip"] :] = np.nan
    with pytest.raises(DataError, match="no limb of skeleton full_body"):
        retarget(poses, source, FULL_BODY, "similarity")
