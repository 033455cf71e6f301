import itertools
import json

import cv2
import numpy as np
import pytest
from published_layout import by_name, standing_person

from data.annotate.pose_landmarks import Person, Region
from data.footage import open_footage
from data.images import read_photo
from data.samples import signing_frames
from data.videos import read_videos
from eval.pose_finder import PoseFinder
from posewarp.errors import DataError, UsageError
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Limb, SizeMeasure, Skeleton

FPS = 5
SIGNS_AT = 12
PEOPLE = ("left", "right", "2", "largest")
BACK = Limb("back", (("head",), ("tail",)))
WITH_TAIL = Skeleton("cat", ("head", "tail"), (BACK,), (), (SizeMeasure(1.0, (("head", "tail"),)),))


@pytest.fixture(scope="module")
def tennis(shared):
    pytest.importorskip("ai_edge_litert")
    (video,) = read_videos(shared / "data" / "tennis", "train")
    return video


@pytest.fixture(scope="module")
def pose_model(shared):
    return shared / "models" / "pose_landmarker_full.task"


@pytest.fixture(scope="module")
def movie(tennis, tmp_path_factory):
    """The video's frames, and one of nobody."""
    path = tmp_path_factory.mktemp("movie") / "movie.avi"
    images = [cv2.imread(str(frame)) for frame in tennis.frames[:3]]
    images.insert(1, np.zeros_like(images[0]))
    kind = cv2.VideoWriter_fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), kind, FPS, images[0].shape[1::-1])
    for image in images:
        writer.write(image)
    writer.release()
    return path


def test_joints_of_photos_and_videos_are_in_the_skeletons_order(tennis, pose_model, movie):
    def mean_error(joints, expected):
        return np.nanmean(np.linalg.norm(joints - expected, axis=-1))

    photo = read_photo(tennis.frames[2])
    for skeleton in (UPPER_BODY, FULL_BODY):
        finder = PoseFinder(pose_model, skeleton)
        joints = finder.in_photo(photo, "photo.jpg")
        assert joints.shape == (len(skeleton.joints), 2)
        assert mean_error(joints, tennis.select(skeleton).joints[2]) < 10
    assert mean_error(finder.in_video(open_footage(movie)), tennis.joints[:3]) < 15
    with pytest.raises(DataError, match="empty.jpg: person largest: no one found"):
        finder.in_photo(np.zeros((64, 64, 3), "uint8"), "empty.jpg")
    head_alone = np.full((len(FULL_BODY.joints), 2), np.nan)
    head_alone[FULL_BODY.joints.index("head")] = 30
    finder._find = lambda _: [Person(head_alone, Region(32, 32, 60, 0))]
    with pytest.raises(DataError, match="avi: too little of the person found in any of 4 frames"):
        finder.in_video(open_footage(movie))


def test_of_two_people_the_largest_is_taken_and_another_can_be_chosen(pose_model, caplog):
    left, right = (
        next(itertools.islice(signing_frames(person), SIGNS_AT, None))[0].image for person in "BA"
    )
    photo = np.hstack([left, right])
    finder = PoseFinder(pose_model, UPPER_BODY)
    with caplog.at_level("INFO"):
        joints = {person: finder.in_photo(photo, "us.jpg", person) for person in PEOPLE}
    head, width = UPPER_BODY.joints.index("head"), left.shape[1]
    assert joints["left"][head, 0] < width < joints["right"][head, 0]
    np.testing.assert_array_equal(joints["2"], joints["right"])
    np.testing.assert_array_equal(joints["largest"], joints["left"])
    np.testing.assert_array_equal(finder.all_in_photo(photo), [joints["left"], joints["right"]])
    assert caplog.text.count("us.jpg: 2 people found, the largest is taken; --person=left") == 1
    with pytest.raises(DataError, match="us.jpg: person 3: 2 people found"):
        finder.in_photo(photo, "us.jpg", "3")


def test_a_skeleton_with_other_joints_is_refused():
    with pytest.raises(UsageError, match="--pose_model: .* skeleton cat also has tail"):
        PoseFinder("never.read", WITH_TAIL).open()


def test_two_photos_make_a_transfer(succeed, tennis, pose_model, model, tmp_path):
    flags = {"source": tennis.frames[0], "target_joints": tennis.frames[4]}
    flags["output"] = tmp_path / "out.png"
    succeed("eval.transfer", model=model, pose_model=pose_model, **flags)
    photo, made = (cv2.imread(str(flags[name])) for name in ("source", "output"))
    assert made.shape == photo.shape and (made != photo).any()


def test_a_photo_and_a_video_make_an_animation_at_the_videos_rate(
    succeed, tennis, pose_model, model, movie, read_film, tmp_path
):
    flags = {"source": tennis.frames[0], "driver": movie, "output": tmp_path / "out.mp4"}
    done = succeed("eval.animate", model=model, pose_model=pose_model, **flags)
    assert "movie.avi: 1 frames left out" in done.stderr
    frames, rate = read_film(flags["output"])
    assert (len(frames), rate) == (3, FPS)


def test_a_pose_model_that_is_missing_is_said_and_not_missed_where_joints_are_given(
    program, succeed, assert_refused, model, published_data, tmp_path
):
    pose, photo = tmp_path / "pose.json", published_data / "train" / "frames" / "walk" / "1.jpg"
    pose.write_text(json.dumps(by_name(standing_person(1)[0])))
    given = {"model": model, "pose_model": tmp_path / "a.task", "output": tmp_path / "out.png"}
    refused = program("eval.transfer", **given, source=photo, target_joints=pose)
    assert_refused(refused, "a.task: cannot be read")
    succeed("eval.transfer", **given, source=photo, source_joints=pose, target_joints=pose)
