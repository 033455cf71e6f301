import numpy as np
import pytest

from eval.rig import STANDING, hangs_on, template
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Limb, SizeMeasure, Skeleton, skeleton_from_name

SKELETONS = (
    FULL_BODY,
    UPPER_BODY,
    *(skeleton_from_name(f"configs/skeletons/{name}.json") for name in ("coco17", "body25")),
)


def by_name(skeleton):
    joints = skeleton.joints
    return {
        name: [joints[parent] for parent in parents]
        for name, parents in zip(joints, hangs_on(skeleton), strict=True)
    }


def test_limbs_hang_on_the_body_from_the_inside_out():
    hangs = by_name(FULL_BODY)
    assert hangs["left_wrist"] == ["left_elbow"]
    assert hangs["left_elbow"] == ["left_shoulder"]
    assert hangs["right_ankle"] == ["right_knee"]
    assert hangs["head"] == ["neck"]
    for name in ("neck", "right_shoulder", "left_hip"):
        assert hangs[name] == []


def test_a_head_hangs_between_the_shoulders_and_a_face_on_the_nose():
    assert by_name(UPPER_BODY)["head"] == ["right_shoulder", "left_shoulder"]
    coco = by_name(SKELETONS[2])
    assert sorted(coco["nose"]) == ["left_shoulder", "right_shoulder"]
    assert coco["left_eye"] == ["nose"]


@pytest.mark.parametrize("skeleton", SKELETONS, ids=lambda skeleton: skeleton.name)
def test_nothing_hangs_on_itself(skeleton):
    parents = hangs_on(skeleton)
    assert len(parents) == len(skeleton.joints)
    for joint in range(len(parents)):
        above, steps = {joint}, 0
        while above := {parent for each in above for parent in parents[each]}:
            assert joint not in above
            steps += 1
            assert steps < len(parents)


def test_unknown_joints_stand_between_those_of_their_limbs():
    skeleton = Skeleton(
        "armoured",
        ("left_elbow", "left_shield", "left_wrist", "crest"),
        (
            Limb("shield_arm", (("left_elbow",), ("left_shield",))),
            Limb("shield_hand", (("left_shield",), ("left_wrist",))),
        ),
        (),
        (SizeMeasure(1.0, (("left_elbow", "left_wrist"),)),),
    )
    places = template(skeleton)
    middle = np.mean([STANDING["left_elbow"], STANDING["left_wrist"]], axis=0)
    np.testing.assert_allclose(places[1], middle, atol=0.1)
    assert np.isfinite(places).all()
    assert len(hangs_on(skeleton)) == 4


def test_right_is_on_the_left_of_the_picture():
    places = dict(zip(FULL_BODY.joints, template(FULL_BODY), strict=True))
    assert places["right_wrist"][0] < 0 < places["left_wrist"][0]
    assert places["head"][1] < places["left_hip"][1] < places["left_ankle"][1] <= 1
