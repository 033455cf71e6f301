import socket
import zipfile

import numpy as np
import pytest

from data.footage import read_image
from data.pose_landmarks import (
    DETECTOR,
    LANDMARK_INDEX,
    LANDMARKER,
    PoseLandmarker,
    Region,
    anchors,
    decode_detections,
    full_body,
    letterbox,
    overlap,
    refine,
    strongest,
)
from data.puppet_rendering import render_video
from data.videos import read_published
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY


def test_anchors_are_the_cells_centres_layer_by_layer():
    centers = anchors(224)
    assert centers.shape == (2254, 2)
    np.testing.assert_allclose(centers[:3] * 224, [[4, 4], [4, 4], [12, 4]])
    np.testing.assert_allclose(centers[2 * 28] * 224, [4, 12])
    np.testing.assert_allclose(centers[2 * 28 * 28] * 224, [8, 8])
    np.testing.assert_allclose(centers[-6:] * 224, [[208, 208]] * 6)


def test_boxes_and_points_are_relative_to_their_anchor():
    values = np.array([[1, 2, 10, 20, 3, 4, 5, 6, 7, 8, 9, 10.0]])
    boxes, points = decode_detections(values, np.array([[0.5, 0.25]]), 200)
    np.testing.assert_allclose(boxes, [[96, 42, 106, 62]])
    np.testing.assert_allclose(points, [[[103, 54], [105, 56], [107, 58], [109, 60]]])


def test_the_strongest_of_boxes_that_overlap_is_kept():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [40, 0, 50, 10.0]])
    assert strongest(boxes, np.array([0.6, 0.9, 0.7, 0.4])) == [1, 2]
    assert strongest(boxes[:0], np.zeros(0)) == []
    np.testing.assert_allclose(overlap(boxes[0], boxes[:3]), [1, 90 / 110, 0])


@pytest.mark.parametrize("shape", [(40, 100, 3), (100, 40, 3)])
def test_an_image_is_fitted_into_the_middle_of_a_square(shape):
    square, scale, corner = letterbox(np.full(shape, 200, "uint8"), 50)
    assert scale == 0.5
    assert corner.tolist() == ([0, 15] if shape[1] == 100 else [15, 0])
    lit = np.argwhere(square[..., 0])
    assert lit.min(axis=0)[::-1].tolist() == corner.tolist()
    assert (square[..., 0] == 200).sum() == 20 * 50


def test_a_region_is_the_enlarged_circle_turned_upright():
    upright = Region.about(np.array([50.0, 60]), np.array([50.0, 20]))
    assert (upright.x, upright.y, upright.side, upright.angle) == (50, 60, 100, 0)
    np.testing.assert_allclose(upright.affine(100), [[1, 0, -0.5], [0, 1, -10.5]])
    leaning = Region.about(np.array([50.0, 60]), np.array([90.0, 60]))
    assert leaning.angle == np.pi / 2
    # The point above the person is above the middle of the crop, too.
    above = leaning.affine(100) @ (90, 60, 1)
    np.testing.assert_allclose(above, [49.5, 9.5], atol=1e-9)
    np.testing.assert_allclose(leaning.to_image(above[None], 100), [[90, 60]])
    assert upright.distance(Region(80, 20, 50, 1)) == 0.5


def test_a_crop_shows_the_region():
    image = np.zeros((120, 100, 3), "uint8")
    image[60, 90] = 255
    region = Region.about(np.array([50.0, 60]), np.array([90.0, 60]))
    y, x = np.unravel_index(region.crop(image, 100)[..., 0].argmax(), (100, 100))
    assert abs(x - 49.5) < 1 and abs(y - 9.5) < 1


def test_landmarks_move_to_what_is_hot_about_them():
    heat = np.zeros((16, 16, 3))
    heat[6, 9:11, 0] = 0.8
    heat[6, 9, 1] = 0.4
    heat[6, 15, 2] = 0.9
    points = np.array([[8.2, 7.1], [8.2, 7.1], [-9.0, 30.0]])
    np.testing.assert_allclose(refine(points, heat), [[9.5, 6], [8.2, 7.1], [-9, 30]])


def landmarks():
    points = np.zeros((39, 2))
    for index, name in enumerate(LANDMARK_INDEX):
        points[LANDMARK_INDEX[name]] = (index, 100 + index)
    for side, x in (("left", 60), ("right", 40)):
        points[LANDMARK_INDEX[f"{side}_shoulder"]] = (x, 80)
        points[LANDMARK_INDEX[f"{side}_ear"]] = (x, 40)
    return points, np.ones(39), np.ones(39)


def joint(joints, name):
    return joints[FULL_BODY.joints.index(name)].tolist()


def test_neck_and_head_are_on_the_line_from_the_shoulders_to_the_ears():
    points, visible, present = landmarks()
    joints = full_body(points, visible, present)
    assert joint(joints, "neck") == [50, 70]
    assert joint(joints, "head") == [50, 6]
    for name in FULL_BODY.joints[2:]:
        assert joint(joints, name) == points[LANDMARK_INDEX[name]].tolist()


def test_what_is_not_seen_is_missing():
    points, visible, present = landmarks()
    visible[LANDMARK_INDEX["left_wrist"]] = 0.4
    present[LANDMARK_INDEX["right_knee"]] = 0.4
    visible[LANDMARK_INDEX["left_ear"]] = 0.1  # the person is seen from the side
    joints = full_body(points, visible, present)
    missing = [name for name, j in zip(FULL_BODY.joints, joints, strict=True) if np.isnan(j).any()]
    assert missing == ["left_wrist", "right_knee"]
    visible[LANDMARK_INDEX["right_ear"]] = 0.1
    assert np.isnan(full_body(points, visible, present)[:2]).all()


@pytest.mark.parametrize(
    "content", [None, b"PK", {DETECTOR: b""}, {DETECTOR: b"", LANDMARKER: b""}]
)
def test_what_is_no_bundle_is_named(tmp_path, content):
    pytest.importorskip("ai_edge_litert")
    path = tmp_path / "pose.task"
    if isinstance(content, dict):
        with zipfile.ZipFile(path, "w") as bundle:
            for name, data in content.items():
                bundle.writestr(name, data)
    elif content:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"pose\.task: .*expected a pose_landmarker \.task file"):
        PoseLandmarker(path)


def torso(joints):
    column = {name: index for index, name in enumerate(FULL_BODY.joints)}
    shoulders, hips = (
        joints[[column[f"right_{part}"], column[f"left_{part}"]]].mean(axis=0)
        for part in ("shoulder", "hip")
    )
    return np.linalg.norm(shoulders - hips)


def test_the_tennis_player_is_found_in_all_frames_without_a_connection(shared, monkeypatch):
    pytest.importorskip("ai_edge_litert")

    def connect(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect)
    landmarker = PoseLandmarker(shared / "models" / "pose_landmarker_full.task")
    (video,) = read_published(shared / "data" / "tennis", "train")
    errors = []
    for path, annotated in zip(video.frames, video.joints, strict=True):
        image = read_image(path).image
        (found,) = landmarker.people(image)
        distances = np.linalg.norm(found.joints - annotated, axis=1)
        errors.append(distances / torso(annotated))
    assert len(errors) == 8
    assert np.isfinite(errors).mean() > 0.95
    assert np.nanmean(errors) <= 0.10
    # A black picture shows no one.
    assert landmarker.people(np.zeros((300, 200, 3), "uint8")) == []


def test_drawn_people_are_found_too(shared):
    pytest.importorskip("ai_edge_litert")
    landmarker = PoseLandmarker(shared / "models" / "pose_landmarker_full.task")
    errors = []
    for seed in range(5):
        for image, joints, _ in render_video(np.random.default_rng(seed), 2, 512, 20):
            (found,) = landmarker.people(image)
            errors.append(np.linalg.norm(found.joints - joints, axis=1) / torso(joints))
    assert np.isfinite(errors).mean() > 0.95
    assert np.nanmean(errors) <= 0.10


def test_two_people_are_two_persons(shared):
    pytest.importorskip("ai_edge_litert")
    landmarker = PoseLandmarker(shared / "models" / "pose_landmarker_full.task")
    (video,) = read_published(shared / "data" / "tennis", "train")
    image = read_image(video.frames[2]).image[150:, 100:530]
    pair = np.concatenate([image, image], axis=1)
    people = sorted(landmarker.people(pair), key=lambda person: person.region.x)
    assert len(people) == 2
    difference = people[1].joints - people[0].joints
    both = np.isfinite(difference).all(axis=1)
    np.testing.assert_allclose(difference[both].mean(axis=0), [430, 0], atol=15)
