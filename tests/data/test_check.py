import re
import subprocess
import sys

import cv2
import numpy as np
import pytest
from annotated_layouts import (
    json_video,
    write_frame,
    write_json_video,
    write_youtube_pose,
    youtube_video,
)
from published_layout import standing_person, write_video

from data.puppets import write_puppets
from posewarp.skeleton import FULL_BODY

HEAD, WRIST = (FULL_BODY.joints.index(name) for name in ("head", "left_wrist"))


@pytest.fixture(scope="module")
def check(program):
    def run(folder, **flags):
        return program("data.check", data_dir=folder, **flags)

    return run


def passed(done):
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def total(output):
    return re.search(r"^total: (.*)$", output, re.M)[1]


def test_puppets_are_counted_and_nothing_is_wrong_with_them(check, tmp_path):
    write_puppets(tmp_path, videos=2, test_videos=1, frames=12, size=64)
    output = passed(check(tmp_path))
    assert total(output).startswith("3 videos (2 train, 1 test) as full_body: 36 frames; person ")
    assert total(output).endswith("0 left out; no joint missing")
    assert "0 suspicious annotations, 0 problems" in output
    assert "train/train_0002: 12 frames; " in output


def test_the_tennis_video_is_counted(check, shared):
    output = passed(check(shared / "data" / "tennis"))
    assert total(output) == (
        "1 videos (1 train, 0 test) as full_body: 8 frames; "
        "person 336 / 374 / 416 px (min / median / max); 0 left out; no joint missing"
    )
    assert "0 suspicious annotations, 0 problems" in output


def test_youtube_pose_is_counted_as_upper_body(check, tmp_path):
    joints = youtube_video("a")["locs"].transpose(2, 1, 0) - 1
    joints[0, 1:] = -1  # no limb is left
    joints[1, 0] = -1
    videos = [youtube_video("a", joints=joints), youtube_video("b", 1), youtube_video("c")]
    write_youtube_pose(tmp_path, videos)
    output = passed(check(tmp_path, dataset="youtube_pose"))
    assert "train/a: 3 frames; person 180 / 180 / 180 px" in output
    assert "    left out: frame_000007.jpg\n" in output
    assert total(output).startswith("3 videos (2 train, 1 test) as upper_body: 9 frames; person")
    assert "; 1 left out; missing: head 1, right_wrist 1, left_wrist 1, " in total(output)


def test_joints_outside_the_frame_are_missing_and_far_outside_suspicious(check, tmp_path):
    joints = standing_person(3)
    joints[0, WRIST] = (322, 100)
    joints[1, HEAD] = (150, 900)
    write_video(tmp_path, joints=joints)
    output = passed(check(tmp_path))
    assert "missing: head 1, left_wrist 1" in output
    assert "2.jpg: head is far outside the image: (150, 900) of 320 x 300" in output
    assert "1.jpg: left_wrist is far" not in output


def test_swapped_sides_are_pointed_out(check, tmp_path):
    joints = standing_person(5)
    mirrored = FULL_BODY.mirrored
    joints[3] = joints[3][mirrored]
    write_video(tmp_path, joints=joints, frames=5)
    output = passed(check(tmp_path))
    assert "4.jpg: left and right are swapped against most of the video" in output
    assert "1 suspicious annotations" in output


def test_a_joint_that_jumps_alone_is_pointed_out_once(check, tmp_path):
    joints = standing_person(5)
    joints[2, WRIST] -= (150, 100)
    joints[4] += 90  # the picture moves
    write_video(tmp_path, joints=joints, frames=5)
    output = passed(check(tmp_path))
    assert re.findall(r"suspicious: (.*)", output) == ["3.jpg: left_wrist jumps by 180 px"]


def test_a_skeleton_can_be_chosen_and_none_fit(check, tmp_path):
    names = [f"{name}_of_mine" for name in FULL_BODY.joints]
    write_json_video(tmp_path, names=names)
    output = passed(check(tmp_path, dataset="json", figure=tmp_path / "sheet.png"))
    assert "of no built-in skeleton" in output
    assert total(output) == "1 videos (1 train, 0 test): 3 frames; 0 left out; no joint missing"
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None
    done = check(tmp_path, dataset="json", skeleton="upper_body")
    assert done.returncode == 1
    assert re.match("error: video 'walk': skeleton upper_body needs joints", done.stderr)


def test_the_contact_sheet_shows_at_most_24_frames_with_their_annotation(check, tmp_path):
    joints = np.tile(standing_person(1), (30, 1, 1))
    folder, _ = write_video(tmp_path, frames=30, joints=joints)
    for path in folder.iterdir():
        cv2.imwrite(str(path), np.zeros((300, 320, 3), "uint8"))
    sheet = tmp_path / "new" / "sheet.png"
    assert f"{sheet}: contact sheet" in passed(check(tmp_path, figure=sheet))
    picture = cv2.imread(str(sheet))
    assert picture.shape == (4 * (26 + 240) + 6, 6 * (256 + 6) + 6, 3)
    panel = picture[26:266, 6:262]
    head = np.rint(joints[0, HEAD] * 256 / 320).astype(int)
    assert panel[head[1], head[0]].any()
    assert not panel[-10:].any()


def test_checking_needs_neither_tensorflow_nor_keras():
    code = "import data.check, sys; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def cut_off(path):
    path.write_bytes(path.read_bytes()[:2000])


def published_without_a_frame(root):
    folder, _ = write_video(root)
    (folder / "2.jpg").unlink()


def published_without_an_annotation(root):
    write_video(root)[1].unlink()


def published_annotation_cut_off(root):
    cut = write_video(root)[1]
    cut.write_bytes(cut.read_bytes()[:300])


def published_with_seven_joints(root):
    write_video(root, X=np.ones((7, 2, 3)))


def published_of_one_frame(root):
    write_video(root, frames=1)


def published_without_joints(root):
    write_video(root, joints=np.full((3, 14, 2), np.nan))


def frame_cut_off(root):
    cut_off(write_video(root)[0] / "3.jpg")


def frame_of_text(root):
    (write_video(root)[0] / "3.jpg").write_text("not a picture")


def empty_frame(root):
    (write_video(root)[0] / "3.jpg").write_bytes(b"")


def youtube_without_locs(root):
    write_youtube_pose(root, [youtube_video("a", locs=None)])


def youtube_without_a_frame(root):
    write_youtube_pose(root, [youtube_video("a"), youtube_video("b", 1)])
    (root / "GT_frames" / "a" / "frame_000123.jpg").unlink()


def json_cut_off(root):
    path = write_json_video(root)
    path.write_text(path.read_text()[:100])


def json_of_a_wrong_joint(root):
    content = json_video(["head"], standing_person(1)[:, :1], ["walk/0.jpg"])
    content["frames"][0]["joints"]["head"] = [1, 2, 3]
    write_json_video(root, content=content)


def json_out_of_the_data_set(root):
    write_frame(root.parent / "secret.jpg")
    content = json_video(["head"], standing_person(1)[:, :1], ["../../secret.jpg"])
    write_json_video(root, content=content)


def nothing(root):
    pass


@pytest.mark.parametrize(
    ("damage", "dataset", "message"),
    [
        (published_without_a_frame, "published", r"walk.2\.jpg: no such file"),
        (published_without_an_annotation, "published", r"walk\.mat: no such file"),
        (published_annotation_cut_off, "published", r"walk\.mat: .*an element is cut off"),
        (published_with_seven_joints, "published", r"walk\.mat: data\.X: expected shape \(14, 2"),
        (published_of_one_frame, "published", "'walk': too short for a pair"),
        (published_without_joints, "published", "no frame shows a whole limb"),
        (frame_cut_off, "published", r"walk.3\.jpg: the file is cut off"),
        (frame_of_text, "published", r"walk.3\.jpg: cannot be read as an image"),
        (empty_frame, "published", r"walk.3\.jpg: cannot be read as an image"),
        (nothing, "published", r"train.frames: no such folder"),
        (youtube_without_locs, "youtube_pose", r"data\(1\)\.locs: the field is missing"),
        (youtube_without_a_frame, "youtube_pose", r"a.frame_000123\.jpg: no such file"),
        (nothing, "youtube_pose", r"YouTube_Pose_dataset\.mat: no such file"),
        (json_cut_off, "json", r"walk\.json: not a JSON file"),
        (json_of_a_wrong_joint, "json", r"frames\[0\]\.joints\.head: expected \[x, y\]"),
        (json_out_of_the_data_set, "json", r"frames\[0\]\.image: .* leads out of"),
    ],
)
def test_the_damage_of_a_data_set_is_named(
    damage, dataset, message, check, assert_refused, tmp_path
):
    root = tmp_path / "set"
    root.mkdir()
    damage(root)
    assert_refused(check(root, dataset=dataset), message)


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


def test_test_videos_are_taken_from_a_list_or_a_file(check, assert_refused, tmp_path):
    write_youtube_pose(tmp_path, [youtube_video(name, name == "a") for name in "abc"])
    (tmp_path / "names.txt").write_text("b\n\nc\n")
    for names in ("b,c", tmp_path / "names.txt"):
        output = passed(check(tmp_path, dataset="youtube_pose", test_videos=names))
        assert "(1 train, 2 test)" in total(output)
    done = check(tmp_path, test_videos="b")
    assert_refused(done, "--test_videos: the published layout has its test videos in the folder")
