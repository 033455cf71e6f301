import numpy as np
import pytest

from eval.studio.rig import STANDING, hangs_on, template
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Limb, SizeMeasure, Skeleton, skeleton_from_name

COCO, BODY = (skeleton_from_name(f"configs/skeletons/{name}.json") for name in ("coco17", "body25"))
ARM = {"left_wrist": "left_elbow", "left_elbow": "left_shoulder", "head": "neck"}
BODY_AND_LEG = {"neck": "", "right_shoulder": "", "left_hip": "", "right_ankle": "right_knee"}


@pytest.mark.parametrize(
    ("skeleton", "expected"),
    [
        (FULL_BODY, ARM | BODY_AND_LEG),
        (UPPER_BODY, {"head": "right_shoulder left_shoulder"}),
        (COCO, {"nose": "right_shoulder left_shoulder", "left_eye": "nose"}),
        (BODY, {}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_limbs_hang_on_the_body_from_the_inside_out_and_nothing_on_itself(skeleton, expected):
    parents = hangs_on(skeleton)
    for joint, name in enumerate(skeleton.joints):
        if name in expected:
            found = {skeleton.joints[parent] for parent in parents[joint]}
            assert found == set(expected[name].split())
        above = {joint}
        for _ in parents:
            above = {parent for each in above for parent in parents[each]}
            assert joint not in above
        assert above == set()


def test_unknown_joints_stand_between_those_of_their_limbs():
    upper = Limb("arm", (("left_elbow",), ("left_shield",)))
    lower = Limb("hand", (("left_shield",), ("left_wrist",)))
    size = SizeMeasure(1.0, (("left_elbow", "left_wrist"),))
    joints = ("left_elbow", "left_shield", "left_wrist", "crest")
    places = template(Skeleton("armoured", joints, (upper, lower), (), (size,)))
    middle = np.mean([STANDING["left_elbow"], STANDING["left_wrist"]], axis=0)
    np.testing.assert_allclose(places[1], middle, atol=0.1)
    assert np.isfinite(places).all()


def test_right_is_on_the_left_of_the_picture():
    places = dict(zip(FULL_BODY.joints, template(FULL_BODY), strict=True))
    assert places["right_wrist"][0] < 0 < places["left_wrist"][0]
    assert places["head"][1] < places["left_hip"][1] < places["left_ankle"][1] <= 1
