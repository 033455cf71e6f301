import re
import subprocess
import sys

import cv2
import pytest
from annotated_layouts import upper_body, write_json_video, write_youtube_pose, youtube_video
from published_layout import standing_person, write_video

from posewarp.skeleton import FULL_BODY

HEAD, WRIST = (FULL_BODY.joints.index(name) for name in ("head", "left_wrist"))


@pytest.fixture(scope="module")
def check(program):
    return lambda folder, **flags: program("data.check", data_dir=folder, **flags)


def passed(done):
    """The output of a program that ended well, and its line of all videos."""
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout, re.search(r"^total: (.*)$", done.stdout, re.M)[1]


def test_youtube_pose_is_counted_as_upper_body(check, tmp_path):
    joints = upper_body()
    joints[0, 1:] = -1  # no limb is left
    joints[1, 0] = -1
    videos = [youtube_video("a", joints=joints), youtube_video("b", 1), youtube_video("c")]
    output, total = passed(check(write_youtube_pose(tmp_path, videos)))
    assert "train/a: 3 frames; person 180 / 180 / 180 px (min / median / max)" in output
    assert "    left out: frame_000007.jpg\n" in output
    assert total.startswith("3 videos (2 train, 1 test) as upper_body: 9 frames; person")
    assert "; 1 left out; missing: head 1, right_wrist 1, left_wrist 1, " in total


def test_what_may_be_wrong_is_pointed_out_once(check, tmp_path):
    joints = standing_person(9)
    joints[0, WRIST] = (322, 100)
    joints[1, HEAD] = (150, 900)
    joints[4] = joints[4][FULL_BODY.mirrored]
    joints[6, WRIST] -= (150, 100)
    joints[8] += 90  # the picture moves
    write_video(tmp_path, joints=joints, frames=9)
    output, total = passed(check(tmp_path))
    assert "missing: head 1, left_wrist 1" in total
    assert re.findall(r"outlier: (.*)", output) == [
        "2.jpg: head is far outside the image: (150, 900) of 320 x 300",
        "5.jpg: left and right are swapped against most of the video",
        "7.jpg: left_wrist jumps by 180 px",
    ]
    assert "3 outliers, 0 problems" in output


def test_half_bodies_are_checked_as_upper_bodies(check, tmp_path):
    joints = standing_person(3)
    joints[:, 8:] = -1
    write_video(tmp_path, joints=joints)
    _, total = passed(check(tmp_path))
    assert total.startswith("1 videos (1 train, 0 test) as upper_body: 3 frames; person")


def test_a_skeleton_can_be_chosen_and_none_fit(check, assert_refused, tmp_path):
    write_json_video(tmp_path, names=[f"{name}_of_mine" for name in FULL_BODY.joints])
    output, total = passed(check(tmp_path, figure=tmp_path / "sheet.png"))
    assert "of no built-in skeleton" in output
    assert total == "1 videos (1 train, 0 test): 3 frames; 0 left out; no joint missing"
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None
    refused = check(tmp_path, skeleton="upper_body")
    assert_refused(refused, "video 'walk': skeleton upper_body needs joints")


def test_checking_needs_neither_tensorflow_nor_keras():
    code = "import data.check, sys; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_what_can_be_used_is_reported_before_the_error(check, assert_refused, tmp_path):
    write_video(tmp_path, "good")
    folder, _ = write_video(tmp_path, "bad")
    (folder / "1.jpg").unlink()
    folder, _ = write_video(tmp_path, "dull")
    (folder / "2.jpg").write_text("")
    done = check(tmp_path)
    assert_refused(done, r"bad.1\.jpg: no such file.* \(and 1 more, listed above\)")
    assert "train/good: 3 frames; person 250 / 250 / 250 px" in done.stdout
    assert re.search(r"^ +cannot be used: .*dull.2\.jpg: cannot be read", done.stdout, re.M)
