from types import SimpleNamespace

import numpy as np
import pytest
from annotated_layouts import upper_body, write_json_video, write_youtube_pose, youtube_video


@pytest.fixture
def shown(program):
    def run(root, **flags):
        done = program("show_stage", data_dir=root, **flags)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines(), done.stderr

    return run


def test_without_a_test_split_there_is_no_validation(shown, tmp_path):
    joints = upper_body(4)
    joints[1, 1:] = np.nan
    video = youtube_video("a", joints=joints, frame_ids=(1, 2, 3, 4))
    write_youtube_pose(tmp_path / "youtube", [video])
    (_, validation, _), stderr = shown(tmp_path / "youtube", dataset="youtube_pose")
    assert validation == "None"
    assert stderr.count("1 of the train split's frames are left out") == 1
    write_json_video(tmp_path / "json", "a")
    (_, validation, _), stderr = shown(tmp_path / "json", dataset="json")
    assert validation == "None"
    assert "left out" not in stderr


def test_the_flags_of_the_data_are_flags_of_the_run(shown, tmp_path):
    write_youtube_pose(tmp_path, [youtube_video(name) for name in "abc"])
    (train, validation, flags), _ = shown(tmp_path, dataset="youtube_pose", test_videos="b")
    assert (train, validation) == ("['a', 'c']", "['b']")
    assert flags == f"dataset=youtube_pose data_dir={tmp_path} fit=person test_videos=b"


def test_the_learning_rate_stays_or_falls_to_zero_over_the_run(library, monkeypatch):
    stage = library("train.stage")
    given = SimpleNamespace(steps=100, learning_rate=0.002, learning_rate_decay="none")
    monkeypatch.setattr(stage, "FLAGS", given)
    assert stage.learning_rate() == 0.002
    given.learning_rate_decay = "cosine"
    rate = stage.learning_rate()
    np.testing.assert_allclose([rate(step) for step in (0, 50, 100)], [0.002, 0.001, 0], atol=1e-9)
