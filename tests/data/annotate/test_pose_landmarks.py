import socket
import zipfile

import keras
import numpy as np
import pytest

from data.annotate.pose_landmarks import DETECTOR, LANDMARKER, PoseLandmarker, published_model
from data.images import read_photo
from data.samples import signing_frames
from posewarp.errors import DataError
from posewarp.skeleton import FULL_BODY

SHOULDERS, HIPS = (
    [FULL_BODY.joints.index(f"{side}_{part}") for side in ("right", "left")]
    for part in ("shoulder", "hip")
)


@pytest.mark.parametrize("names", [(), (DETECTOR,), (DETECTOR, LANDMARKER)])
def test_what_is_no_bundle_is_named(names, tmp_path):
    pytest.importorskip("ai_edge_litert")
    with zipfile.ZipFile(tmp_path / "pose.task", "w") as bundle:
        for name in names:
            bundle.writestr(name, b"")
    with pytest.raises(DataError, match=r"pose\.task: expected a pose_landmarker \.task file"):
        PoseLandmarker(tmp_path / "pose.task")


def test_the_published_model_is_fetched_once_or_its_address_is_said(monkeypatch, tmp_path):
    def get_file(origin, cache_subdir):
        assert origin.endswith("pose_landmarker_full.task")
        return str(tmp_path / cache_subdir)

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    assert published_model() == tmp_path / "posewarp"

    def fail(**_):
        raise Exception("URL fetch failure: no route")

    monkeypatch.setattr(keras.utils, "get_file", fail)
    message = r"no route\); .*save https://.*task, and give --pose_model"
    with pytest.raises(DataError, match=message):
        PoseLandmarker()


def test_the_tennis_player_is_found_in_all_frames_without_a_connection(
    pose_model, tennis, monkeypatch
):
    for call in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, call, None)
    landmarker, errors = PoseLandmarker(pose_model), []
    for path, annotated in zip(tennis.frames, tennis.joints, strict=True):
        (found,) = landmarker.people(read_photo(path))
        torso = np.linalg.norm((annotated[SHOULDERS] - annotated[HIPS]).mean(axis=0))
        errors.append(np.linalg.norm(found.joints - annotated, axis=1) / torso)
    assert len(errors) == 8
    assert np.isfinite(errors).mean() > 0.95
    # It is 0.0845 or more with anchors half a cell off or heat maps left out, and 0.0785 or less
    # with points 3 % nearer or boxes that overlap.
    assert np.nanmean(errors) == pytest.approx(0.0806, abs=0.001)
    # A black picture shows no one.
    assert landmarker.people(np.zeros((300, 200, 3), "uint8")) == []


def test_a_person_whose_head_and_shoulders_are_at_the_edges_is_found(landmarker):
    frame, joints = next(signing_frames("B"))
    top = max(0, int(joints[FULL_BODY.joints.index("head"), 1]))
    left, right = joints[SHOULDERS, 0].astype(int)
    assert len(landmarker.people(frame.image[top:, left:right])) == 1


def test_two_people_are_two_persons(landmarker, tennis):
    image = read_photo(tennis.frames[2])[150:, 100:530]
    pair = np.concatenate([image, image], axis=1)
    people = sorted(landmarker.people(pair), key=lambda person: person.region.x)
    assert len(people) == 2
    difference = people[1].joints - people[0].joints
    both = np.isfinite(difference).all(axis=1)
    np.testing.assert_allclose(difference[both].mean(axis=0), [430, 0], atol=15)
