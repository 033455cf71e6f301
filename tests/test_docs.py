"""What the documents show works as shown."""

import json
import re
from pathlib import Path

import numpy as np
from annotated_layouts import write_frame

from data.videos import read_videos
from posewarp.joints import joints_from_names
from posewarp.skeleton import Skeleton

DOCS = Path(__file__).parents[1] / "docs"


def example(document):
    """The document's only JSON block."""
    (text,) = re.findall(r"```json\n(.*?)```", (DOCS / document).read_text(), re.S)
    return text


def test_the_json_annotation_of_the_document_is_read(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "wave.json").write_text(example("data.md"))
    for name in ("000001", "000002"):
        write_frame(tmp_path / "train" / "wave" / f"{name}.jpg")
    (video,) = read_videos(tmp_path, "train")
    assert video.joint_names[0] == "head"
    np.testing.assert_array_equal(video.joints[0, 0], [151.5, 40])
    assert np.isnan(video.joints[:, 4]).all()
    np.testing.assert_allclose(video.person_centers(), [[150, 135], [144.75, 76.25]])


def test_the_skeleton_of_the_document_is_one_and_the_pose_of_the_other_is_of_it():
    skeleton = Skeleton.from_dict(json.loads(example("skeletons.md")))
    assert [limb.name for limb in skeleton.limbs][-1] == "neck"
    joints = joints_from_names(json.loads(example("transfer.md")), skeleton)
    np.testing.assert_array_equal(joints[0], [151.5, 40])
    assert np.isnan(joints[4]).all()
