import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from annotated_layouts import (
    upper_body,
    write_json_video,
    write_youtube_pose,
    youtube_video,
)
from published_layout import write_video

CODE = """
from posewarp.networks import ModelConfig
from posewarp.program import run
from posewarp.skeleton import UPPER_BODY
from train import recipe
from train.run_directory import program_flags

def main():
    config = ModelConfig(UPPER_BODY, 64)
    print([video.name for video in recipe.training_pairs(config).videos])
    validation = recipe.validation_pairs(config)
    print(validation and [video.name for video in validation.videos])
    flags = program_flags()
    print(*(f"{name}={flags[name]}" for name in ("dataset", "data_dir", "fit", "test_videos")
            if name in flags))

run(main)
"""


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


def run(root, code=CODE, **flags):
    given = [f"--{name}={value}" for name, value in {"data_dir": root, **flags}.items()]
    folder = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, *given]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize("write", [published, youtube_pose, json])
def test_without_a_test_split_there_is_no_validation(write, tmp_path):
    (_, validation, _), stderr = run(tmp_path, **write(tmp_path))
    assert validation == "None"
    if write is youtube_pose:
        assert stderr.count("1 of the train split's frames are left out") == 1
    else:
        assert "left out" not in stderr


def test_the_flags_of_the_data_are_flags_of_the_run(tmp_path):
    write_youtube_pose(tmp_path, [youtube_video(name) for name in "abc"])
    (train, validation, flags), _ = run(tmp_path, dataset="youtube_pose", test_videos="b")
    assert (train, validation) == ("['a', 'c']", "['b']")
    assert flags == f"dataset=youtube_pose data_dir={tmp_path} fit=person test_videos=b"


def test_the_learning_rate_stays_or_falls_to_zero_over_the_run():
    code = """
from posewarp.program import run
from train import pretrain, recipe

def main():
    rate = recipe.learning_rate()
    print(rate if isinstance(rate, float) else [round(float(rate(s)), 4) for s in (0, 50, 100)])

run(main)
"""
    constant, _ = run("", code, steps=100, learning_rate=0.002)
    assert constant == ["0.002"]
    cosine, _ = run("", code, steps=100, learning_rate=0.002, learning_rate_decay="cosine")
    assert cosine == ["[0.002, 0.001, 0.0]"]
