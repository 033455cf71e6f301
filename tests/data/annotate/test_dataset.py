import json
import re

import cv2
import numpy as np
import pytest
from annotated_layouts import background, files, write_frame, write_movie
from people import person
from published_layout import standing_person
from training_runs import MODEL, SMALL

from data.annotate.dataset import annotate_photo, split_videos, write_annotation
from data.annotate.tracks import Track
from data.footage import open_footage
from data.videos import read_videos
from posewarp.errors import DataError, UsageError
from posewarp.skeleton import FULL_BODY

SETTINGS = {"dataset": "json", "every": 1, "person": "largest"}


def write_frames(folder, scenes=(6, 12)):
    """Images of so many frames before each of some backgrounds."""
    folder.mkdir()
    images = (background(seed) for seed, count in enumerate(scenes) for _ in range(count))
    for number, image in enumerate(images):
        image[:2, :2] = number
        cv2.imwrite(str(folder / f"{number}.png"), image)
    return open_footage(folder)


class Finder:
    """Finds made-up people."""

    def __init__(self, people=lambda number: [person(number)]):
        self.people, self.seen = people, []

    def __call__(self, image):
        self.seen.append(int(image[0, 0, 0]))
        return self.people(self.seen[-1])


def parts(path, *lengths):
    tracks = [Track(list(range(length)), standing_person(length)) for length in lengths]
    return [(video.split, video.name, len(video.numbers)) for video in split_videos(path, tracks)]


def test_a_photos_joints_are_named(tmp_path):
    photo, output = write_frame(tmp_path / "3.png"), tmp_path / "new" / "joints.json"
    someone = person()
    someone.joints[3] = np.nan

    both = Finder(lambda _: [person(50, 0.5), someone])
    for _ in range(2):
        assert annotate_photo(photo, output, both, "largest").shape == (300, 320, 3)
    joints = json.loads(output.read_text())
    assert tuple(joints) == FULL_BODY.joints
    assert (joints["head"], joints["right_elbow"]) == (someone.joints[0].tolist(), None)
    with pytest.raises(DataError, match="holds other joints, .*--overwrite replaces them"):
        annotate_photo(photo, output, both, "left")
    assert json.loads(output.read_text()) == joints
    annotate_photo(photo, output, both, "left", overwrite=True)
    assert json.loads(output.read_text()) != joints
    with pytest.raises(DataError, match=r"3\.png: person 3: 2 people found"):
        annotate_photo(photo, tmp_path / "other.json", both, "3")
    with pytest.raises(DataError, match=r"person left: no one found: half a body is enough"):
        annotate_photo(photo, tmp_path / "other.json", Finder(lambda _: []), "left")


@pytest.mark.parametrize(("dataset", "frame"), [("json", "000011.png"), ("published", "3.png")])
def test_every_scene_is_a_video_that_can_be_read(tmp_path, dataset, frame):
    footage = write_frames(tmp_path / "dance", scenes=(8, 20))
    output, settings = tmp_path / "out", {**SETTINGS, "dataset": dataset}
    summary, is_new = write_annotation(footage, output, Finder(), settings)
    assert is_new
    nothing = "left out: none; mended: none; outliers: none; missing: none"
    assert summary == f"28 frames in 1 train and 1 test videos; {nothing}"
    (train,), (test,) = (read_videos(output, split) for split in ("train", "test"))
    assert (train.name, test.name) == ("dance_2", "dance_1")
    assert train.joint_names == FULL_BODY.joints
    np.testing.assert_allclose(train.joints[2], person(10).joints)
    # The originals, byte for byte: a data set may not name files outside its folder.
    assert train.frames[2].name == frame
    assert train.frames[2].read_bytes() == (tmp_path / "dance" / "10.png").read_bytes()
    if dataset == "published":
        low, high = train.joints[2].min(axis=0), train.joints[2].max(axis=0)
        np.testing.assert_allclose(train.boxes[2], [*(low + 1), *(high - low)])
        assert not (output / "frames").exists()


def test_frames_without_the_person_are_left_out_and_counted(tmp_path):
    crouching = person().joints.copy()
    crouching[2:] = np.nan
    finds = {3: [person(5000)], 5: [person(5, joints=crouching)]}
    finds |= {number: [] for number in (0, 10, 11, 12)}
    footage = write_frames(tmp_path / "dance", scenes=(10, 5, 8))
    finder = Finder(lambda number: finds.get(number, [person(number)]))
    summary, _ = write_annotation(footage, tmp_path / "out", finder, SETTINGS)
    assert "left out: no person 4, other people only 1, in 1 too short scenes 2;" in summary
    assert "missing: right_shoulder 1, right_elbow 1, " in summary
    videos = read_videos(tmp_path / "out", "train") + read_videos(tmp_path / "out", "test")
    names = {path.name for video in videos for path in video.frames}
    assert names == {path.name for path in (tmp_path / "out" / "frames").iterdir()}
    expected = {*range(10), *range(15, 23)} - {0, 3}
    assert names == {f"{number + 1:06d}.png" for number in expected}

    with pytest.raises(DataError, match=r"dance: .*found none in any frame: half a body is enough"):
        write_annotation(footage, tmp_path / "none", Finder(lambda _: []), SETTINGS)
    assert not (tmp_path / "none").exists()


def test_a_complete_annotation_is_made_anew_only_where_that_is_asked_for(tmp_path):
    footage, output = write_frames(tmp_path / "dance"), tmp_path / "out"
    every_second = {**SETTINGS, "every": 2}
    first, again, by_halves = Finder(), Finder(), Finder()
    summary, _ = write_annotation(footage, output, first, SETTINGS)
    made = files(output)
    (output / "train" / "dance_2.json").write_text("corrected")
    (output / "notes.txt").write_text("mine")
    before = files(output)
    assert write_annotation(footage, output, again, SETTINGS) == (summary, False)
    with pytest.raises(UsageError, match=r"other arguments: every 1 \(not 2\); choose another"):
        write_annotation(footage, output, again, every_second)
    assert (again.seen, files(output)) == ([], before)
    assert write_annotation(footage, output, again, SETTINGS, overwrite=True) == (summary, True)
    assert (again.seen, files(output)) == (first.seen, {**made, "notes.txt": b"mine"})
    assert write_annotation(footage, output, by_halves, every_second, overwrite=True)[1]
    assert by_halves.seen == first.seen[::2]


def test_several_scenes_hold_the_shortest_out_and_one_its_end(tmp_path):
    assert parts(tmp_path / "a.mp4", 30) == [("train", "a_1", 27), ("test", "a_1_end", 3)]
    assert parts(tmp_path / "a.mp4", 4) == [("train", "a_1", 2), ("test", "a_1_end", 2)]
    assert parts(tmp_path / "a.mp4", 9, 3, 5) == [("train", "a_1", 9), ("test", "a_2", 5)]
    assert parts(tmp_path / f"{'長' * 80}.mp4", 30)[0][1] == f"{'長' * 50}_1"
    tenths = parts(tmp_path / "a.mp4", *[10] * 20)
    assert [name for split, name, _ in tenths if split == "test"] == ["a_01", "a_02"]
    with pytest.raises(DataError, match="4 frames or more of one scene, found one in 3 frames"):
        parts(tmp_path / "a.mp4", 2, 1)


@pytest.mark.parametrize(
    ("dataset", "replacement"),
    [("json", n) for n in (1, 2, 9, 18, 19, 20, 21)]
    + [("published", n) for n in (19, 23, 24, 25, 37, 38)],
)
def test_a_call_cut_off_at_any_moment_is_completed_by_the_next(
    tmp_path, interrupted, dataset, replacement
):
    settings = {**SETTINGS, "dataset": dataset}
    footage = write_frames(tmp_path / "dance")
    whole, cut, rest = (Finder(lambda n: [person(n)] if n else []) for _ in range(3))
    write_annotation(footage, tmp_path / "whole", whole, settings)
    with interrupted("replace", replacement):
        write_annotation(footage, tmp_path / "cut", cut, settings)
    write_annotation(footage, tmp_path / "cut", rest, settings, overwrite=True)
    # Only the frame that was not written down is looked at again.
    assert len(cut.seen) + len(rest.seen) == (19 if 2 <= replacement <= 18 else 18)
    assert rest.seen == whole.seen[18 - len(rest.seen) :]
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_the_program_annotates_a_photo_and_draws_it(program, tennis, pose_model, tmp_path):
    output, figure = tmp_path / "joints.json", tmp_path / "figure.png"
    flags = {"input": tennis.frames[2], "output": output, "pose_model": pose_model}
    done = program("data.annotate", **flags, figure=figure)
    assert (done.returncode, done.stderr) == (0, "")
    joints = json.loads(output.read_text())
    errors = np.array(list(joints.values())) - tennis.joints[2]
    assert np.linalg.norm(errors, axis=1).mean() < 10
    assert cv2.imread(str(figure)).shape == cv2.imread(str(tennis.frames[2])).shape


@pytest.mark.slow
def test_a_video_is_annotated_checked_and_trained_on(program, tennis, pose_model, tmp_path):
    def output(name, **flags):
        done = program(name, **flags)
        assert done.returncode == 0, done.stderr
        return done.stdout

    movie, data, figure = (tmp_path / name for name in ("tennis.avi", "data", "figure.png"))
    write_movie(movie, [cv2.imread(str(path))[..., ::-1] for path in tennis.frames])
    flags = {"input": movie, "output": data, "pose_model": pose_model, "figure": figure}
    assert "8 frames in 1 train and 1 test videos" in output("data.annotate", **flags)
    assert cv2.imread(str(figure)) is not None
    assert "nothing to do: 8 frames" in output("data.annotate", **flags)
    total = r"^total: 2 videos \(1 train, 1 test\) as full_body: 8 frames"
    assert re.search(total, output("data.check", data_dir=data), re.M)
    flags = {**SMALL, **MODEL, "model": "unet", "steps": 2, "validation_batches": 1}
    trained = output("train.pretrain", **flags, data_dir=data, run_dir=tmp_path / "run")
    assert "2 steps done" in trained
