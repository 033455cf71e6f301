import json

import pytest

from posewarp.errors import PosewarpError
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Skeleton, skeleton_from_name


def test_the_published_skeletons_have_their_joints_and_limbs_and_survive_a_file(tmp_path):
    path = tmp_path / "skeleton.json"
    for skeleton, counts in ((FULL_BODY, (14, 10)), (UPPER_BODY, (7, 5))):
        assert (len(skeleton.joints), len(skeleton.limbs)) == counts
        mirrored = skeleton.mirrored
        assert [mirrored[joint] for joint in mirrored] == list(range(len(skeleton.joints)))
        assert skeleton.joints[mirrored[skeleton.joints.index("left_wrist")]] == "right_wrist"
        path.write_text(json.dumps(skeleton.to_dict()))
        assert skeleton_from_name(str(path)) == skeleton
    assert set(UPPER_BODY.joints) < set(FULL_BODY.joints)


def edited(**changes):
    return {**UPPER_BODY.to_dict(), **changes}


def limb(*ends, **changes):
    return {"name": "arm", "ends": ends, **changes}


def measured(*segment, **changes):
    return edited(size=[{"factor": 2, "segments": [segment], **changes}])


FOREARM = ("left_elbow", "left_wrist")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (edited(limbs=[limb(["hand"], ["head"])]), "'hand'"),
        (edited(limbs=[limb(["head"], [])]), "a joint at each end"),
        (edited(limbs=[limb(["head"])]), "two groups"),
        (edited(limbs=[limb(["head"], ["head"])]), "only once"),
        (edited(limbs=[limb("head", "head")]), "ends: expected lists"),
        (edited(limbs=[limb(["head"], ["left_wrist"])] * 2), "arm only once"),
        *(
            (edited(limbs=[limb(["head"], ["left_wrist"], width=width)]), "width: .* positive")
            for width in (-1, 0, float("inf"), "wide")
        ),
        (edited(limbs=[]), "at least one limb"),
        (edited(limbs=[{"name": "arm"}]), "'ends' is missing"),
        (edited(mirror=[["left_wrist", "paw"]]), "mirror.*'paw'"),
        (edited(mirror=[FOREARM] * 2), "mirror: expected left_elbow only once"),
        (edited(mirror=[["head"]]), "mirror: "),
        (edited(joints=["head", "head"]), "head only once"),
        (edited(joints=[]), "joints: expected at least one"),
        (edited(joints="head"), "joints: "),
        (edited(joints=[1, 2]), "joints: "),
        (edited(name=5), "name"),
        (edited(size=[]), "size: expected at least one"),
        (measured("head", "tail"), "segments: expected one of"),
        (measured("head"), "segments: "),
        (measured(*FOREARM, along="z"), 'along: expected "distance" or "y"'),
        (edited(colour="red"), "colour"),
        ([], "JSON object"),
        ("[" * 100_000, "not a JSON file"),
    ],
)
def test_a_wrong_skeleton_file_is_refused_with_file_and_field(fields, message, tmp_path):
    path = tmp_path / "skeleton.json"
    path.write_text(fields if isinstance(fields, str) else json.dumps(fields))
    with pytest.raises(PosewarpError, match=f"skeleton.json: .*{message}") as error:
        Skeleton.load(path)
    assert "\n" not in str(error.value)


def test_an_unknown_skeleton_name_lists_the_known_ones():
    with pytest.raises(PosewarpError, match=r"full_body, upper_body or a \.json file"):
        skeleton_from_name("octopus")
