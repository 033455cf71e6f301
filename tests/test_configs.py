"""What configs/ ships works."""

from pathlib import Path

import numpy as np
import pytest
from published_layout import standing_person

from data.videos import Video
from posewarp.skeleton import FULL_BODY, Skeleton

CONFIGS = Path(__file__).parents[1] / "configs"
SKELETONS = CONFIGS / "skeletons"
PROGRAMS = {
    **dict.fromkeys(("pretrain", "grow", "finetune"), ("train.pretrain", "data_dir", "run_dir")),
    "gan": ("train.gan", "data_dir", "generator", "run_dir"),
    "evaluate": ("eval.evaluate", "data_dir", "run_dir"),
    "people": ("data.people", "output"),
    "gpu": ("train.pretrain_jax", "data_dir", "start", "run_dir", "vgg_statistics"),
}
"""By the last word of a recipe's name: its program, and the flags to give besides."""
HEIGHT = 200.0


@pytest.fixture(params=["coco17", "body25"])
def skeleton(request):
    return Skeleton.load(SKELETONS / f"{request.param}.json")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.flags")), ids=lambda path: path.stem)
def test_a_recipe_is_read_by_its_program(path, program, tmp_path):
    name, *flags = PROGRAMS[path.stem.split("_")[-1]]
    (tmp_path / "mistaken").touch()
    given = [f"--{flag}={tmp_path / 'mistaken' / flag}" for flag in flags]
    done = program(name, f"--flagfile={path}", *given)
    # All its flags are known and in range: the first complaint is about the paths.
    assert done.returncode == 1 and "mistaken" in done.stderr, done.stderr


def standing(skeleton):
    """Joints (1, J, 2) of a person of 200 px who stands and faces the camera."""
    joints = dict(zip(FULL_BODY.joints, standing_person(1)[0], strict=True))
    x, y = joints["head"]
    joints |= {"nose": (x, y + 14), "neck": (x, y + 32), "mid_hip": (x, y + 100)}
    for side, sign in (("right", -1), ("left", 1)):
        joints |= {f"{side}_eye": (x + sign * 5, y + 11), f"{side}_ear": (x + sign * 10, y + 13)}
        feet = {"big_toe": (25, 200), "small_toe": (30, 199), "heel": (19, 198)}
        joints |= {f"{side}_{part}": (x + sign * dx, y + dy) for part, (dx, dy) in feet.items()}
    return np.array([[joints[name] for name in skeleton.joints]], float)


def test_the_joints_have_the_annotations_order():
    coco = Skeleton.load(SKELETONS / "coco17.json").joints
    assert coco[:5] == ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    parts = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    assert coco[5:] == tuple(f"{side}_{part}" for part in parts for side in ("left", "right"))
    at = {0: "nose", 1: "neck", 2: "right_shoulder", 4: "right_wrist", 7: "left_wrist"}
    at |= {8: "mid_hip", 11: "right_ankle", 14: "left_ankle", 15: "right_eye", 18: "left_ear"}
    at |= {19: "left_big_toe", 20: "left_small_toe", 21: "left_heel", 24: "right_heel"}
    body = Skeleton.load(SKELETONS / "body25.json").joints
    assert {index: body[index] for index in at} == at


def test_every_right_joint_and_limb_has_its_left_one_in_the_mirror(skeleton):
    partner = {}
    for joint, mirrored in zip(skeleton.joints, skeleton.mirrored, strict=True):
        side, _, part = joint.partition("_")
        partner[joint] = {"right": f"left_{part}", "left": f"right_{part}"}.get(side, joint)
        assert skeleton.joints[mirrored] == partner[joint]
    limbs = {tuple(frozenset(end) for end in limb.ends) for limb in skeleton.limbs}
    for limb in skeleton.limbs:
        assert tuple(frozenset(partner[joint] for joint in end) for end in limb.ends) in limbs


def test_limbs_of_a_standing_person_are_where_the_body_is(skeleton):
    joints = standing(skeleton)[0]
    start, end = skeleton.end_weights @ joints
    lengths = np.linalg.norm(start - end, axis=1)
    assert (lengths > 0.02 * HEIGHT).all() and (lengths < 0.4 * HEIGHT).all()
    head = [limb.name for limb in skeleton.limbs].index("head")
    assert start[head][1] < end[head][1] <= joints[skeleton.joints.index("right_shoulder")][1]


@pytest.mark.parametrize(
    "hidden", [(), ("knee", "ankle"), ("hip", "knee", "ankle"), ("shoulder", "nose")]
)
def test_the_size_of_a_standing_person_is_about_the_height(hidden, skeleton):
    joints = standing(skeleton)
    for index, name in enumerate(skeleton.joints):
        if name.split("_")[-1] in hidden:
            joints[:, index] = np.nan
    (size,) = Video("standing", (), skeleton.joints, joints).person_sizes(skeleton)
    assert 0.85 * HEIGHT < size < 1.3 * HEIGHT
