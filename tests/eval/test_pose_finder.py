import json

import av
import cv2
import numpy as np
import pytest

from data.footage import open_footage, read_image
from data.videos import read_published
from eval.pose_finder import PoseFinder
from posewarp.errors import DataError, UsageError
from posewarp.networks import Generator, ModelConfig, save_network
from posewarp.skeleton import FULL_BODY, UPPER_BODY, Limb, SizeMeasure, Skeleton

FPS = 5
WITH_TAIL = Skeleton(
    "cat",
    ("head", "tail"),
    (Limb("back", (("head",), ("tail",))),),
    (),
    (SizeMeasure(1.0, (("head", "tail"),)),),
)


@pytest.fixture(scope="module")
def tennis(shared):
    pytest.importorskip("ai_edge_litert")
    (video,) = read_published(shared / "data" / "tennis", "train")
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
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*"MJPG"), FPS, images[0].shape[1::-1]
    )
    for image in images:
        writer.write(image)
    writer.release()
    return path


def mean_error(joints, expected):
    return np.nanmean(np.linalg.norm(joints - expected, axis=-1))


def test_joints_of_a_photo_are_in_the_skeletons_order(tennis, pose_model):
    photo = read_image(tennis.frames[2]).image
    for skeleton in (FULL_BODY, UPPER_BODY):
        joints = PoseFinder(pose_model, skeleton).in_photo(photo, "photo.jpg")
        assert joints.shape == (len(skeleton.joints), 2)
        assert mean_error(joints, tennis.select(skeleton).joints[2]) < 10
    with pytest.raises(DataError, match="empty.jpg: person largest: no one found"):
        PoseFinder(pose_model, FULL_BODY).in_photo(np.zeros((64, 64, 3), "uint8"), "empty.jpg")


def test_a_videos_frames_without_a_person_are_left_out_and_counted(tennis, pose_model, movie):
    poses, left_out = PoseFinder(pose_model, FULL_BODY).in_video(open_footage(movie))
    assert left_out == 1
    assert mean_error(poses, tennis.joints[:3]) < 15


def test_a_skeleton_with_other_joints_is_refused():
    with pytest.raises(UsageError, match="--pose_model: .* skeleton cat also has tail"):
        PoseFinder("never.read", WITH_TAIL)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_network(Generator(ModelConfig(FULL_BODY, 64, width=0.05)), folder / "generator.keras")
    return folder


def test_two_photos_make_a_transfer(program, tennis, pose_model, model, tmp_path):
    output, figure = tmp_path / "out.png", tmp_path / "figure.png"
    photos = {"source": tennis.frames[0], "target_joints": tennis.frames[4]}
    done = program(
        "eval.transfer", model=model, **photos, pose_model=pose_model, output=output, figure=figure
    )
    assert done.returncode == 0, done.stderr
    photo, made = (cv2.imread(str(path)) for path in (tennis.frames[0], output))
    assert made.shape == photo.shape and (made != photo).any()
    # With a picture of the target, five columns.
    assert cv2.imread(str(figure)).shape[1] > 5 * 192


def test_a_photo_and_a_video_make_an_animation_at_the_videos_rate(
    program, tennis, pose_model, model, movie, tmp_path
):
    output = tmp_path / "out.mp4"
    flags = {"model": model, "source": tennis.frames[0], "driver": movie, "output": output}
    done = program("eval.animate", **flags, pose_model=pose_model)
    assert done.returncode == 0, done.stderr
    assert "movie.avi: 1 frames left out" in done.stderr
    with av.open(str(output)) as container:
        assert container.streams.video[0].frames == 3
        assert container.streams.video[0].average_rate == FPS


def test_a_pose_model_that_is_missing_or_idle_is_said(
    program, assert_refused, model, tmp_path, published_data
):
    movie = tmp_path / "dance.mp4"
    movie.touch()
    pose = tmp_path / "pose.json"
    pose.write_text(json.dumps({name: [1, 2] for name in FULL_BODY.joints}))
    given = {"model": model, "source": "walk:1", "data_dir": published_data}
    outputs = {"eval.transfer": tmp_path / "out.png", "eval.animate": tmp_path / "out.gif"}
    for name, flags, message in (
        ("eval.transfer", {"target_joints": "me.jpg"}, "--target_joints: me.jpg: .*--pose_model"),
        ("eval.animate", {"driver": movie}, "--driver: .*dance.mp4: .*--pose_model"),
        (
            "eval.transfer",
            {"target_joints": pose, "pose_model": "a.task"},
            "--pose_model: nothing to find",
        ),
    ):
        assert_refused(program(name, **given, **flags, output=outputs[name]), message)
