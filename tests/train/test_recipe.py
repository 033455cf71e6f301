from types import SimpleNamespace

import numpy as np
import pytest
from annotated_layouts import (
    upper_body,
    write_json_video,
    write_youtube_pose,
    youtube_video,
)
from published_layout import write_video


def published(root):
    write_video(root)
    return {}


def youtube_pose(root):
    joints = upper_body(4)
    joints[1, 1:] = np.nan
    write_youtube_pose(root, [youtube_video("a", joints=joints, frame_ids=(1, 2, 3, 4))])
    return {"dataset": "youtube_pose"}


def json(root):
    write_json_video(root, "a")
    return {"dataset": "json"}


@pytest.fixture
def shown(program):
    def run(root, **flags):
        done = program("show_recipe", data_dir=root, **flags)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines(), done.stderr

    return run


@pytest.mark.parametrize("write", [published, youtube_pose, json])
def test_without_a_test_split_there_is_no_validation(write, shown, tmp_path):
    (_, validation, _), stderr = shown(tmp_path, **write(tmp_path))
    assert validation == "None"
    if write is youtube_pose:
        assert stderr.count("1 of the train split's frames are left out") == 1
    else:
        assert "left out" not in stderr


def test_the_flags_of_the_data_are_flags_of_the_run(shown, tmp_path):
    write_youtube_pose(tmp_path, [youtube_video(name) for name in "abc"])
    (train, validation, flags), _ = shown(tmp_path, dataset="youtube_pose", test_videos="b")
    assert (train, validation) == ("['a', 'c']", "['b']")
    assert flags == f"dataset=youtube_pose data_dir={tmp_path} fit=person test_videos=b"


def test_the_learning_rate_stays_or_falls_to_zero_over_the_run(library, monkeypatch):
    recipe = library("train.recipe")
    given = SimpleNamespace(steps=100, learning_rate=0.002, learning_rate_decay="none")
    monkeypatch.setattr(recipe, "FLAGS", given)
    assert recipe.learning_rate() == 0.002
    given.learning_rate_decay = "cosine"
    rate = recipe.learning_rate()
    np.testing.assert_allclose([rate(step) for step in (0, 50, 100)], [0.002, 0.001, 0], atol=1e-9)
