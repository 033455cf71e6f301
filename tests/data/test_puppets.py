import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import scipy.io

from data import puppets
from data.puppets import write_puppets
from data.videos import read_published
from posewarp.errors import DataError, UsageError
from posewarp.skeleton import FULL_BODY

SMALL = {"videos": 2, "test_videos": 1, "frames": 3, "size": 32, "frame_step": 1}


def write(folder, workers=1, **changes):
    return write_puppets(folder, **{**SMALL, **changes}, workers=workers)


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_published_layout_is_written(tmp_path):
    assert write(tmp_path) == 3
    names = {f"train/frames/train_000{v}/{n}.jpg" for v in (1, 2) for n in (1, 2, 3)}
    names |= {f"test/frames/test_0001/{n}.jpg" for n in (1, 2, 3)}
    names |= {"train/info/train_0001.mat", "train/info/train_0002.mat"}
    names |= {"test/info/test_0001.mat", "puppets.json"}
    assert set(files(tmp_path)) == names
    fields = scipy.io.loadmat(tmp_path / "train/info/train_0001.mat")["data"]
    assert (fields["X"][0, 0].shape, fields["X"][0, 0].dtype) == ((14, 2, 3), np.float64)
    assert (fields["bbox"][0, 0].shape, fields["bbox"][0, 0].dtype) == ((3, 4), np.float64)


def test_pixels_are_counted_from_one(tmp_path):
    write(tmp_path)
    fields = scipy.io.loadmat(tmp_path / "test/info/test_0001.mat")["data"]
    drawn = puppets.render_video(np.random.default_rng((0, 1, 0)), 3, 32)
    for number, (image, joints, box) in enumerate(drawn):
        np.testing.assert_allclose(fields["X"][0, 0][..., number], joints + 1)
        np.testing.assert_allclose(fields["bbox"][0, 0][number], box + (1, 1, 0, 0))
        written = cv2.imread(str(tmp_path / f"test/frames/test_0001/{number + 1}.jpg"))
        assert np.abs(written[..., ::-1].astype(int) - image).mean() < 6


def test_the_reader_of_the_published_layout_reads_it(tmp_path):
    write(tmp_path)
    videos = read_published(tmp_path, "train") + read_published(tmp_path, "test")
    assert [video.name for video in videos] == ["train_0001", "train_0002", "test_0001"]
    for video in videos:
        assert video.joints.shape == (3, 14, 2)
        sizes = video.person_sizes(FULL_BODY)
        assert ((sizes > 0.5 * 32) & (sizes < 1.3 * 32)).all()


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(tmp_path):
    write(tmp_path / "alone")
    write(tmp_path / "together", workers=2)
    assert files(tmp_path / "alone") == files(tmp_path / "together")


def test_another_seed_gives_other_people(tmp_path):
    write(tmp_path / "a", seed=0)
    write(tmp_path / "b", seed=1)
    a, b = files(tmp_path / "a"), files(tmp_path / "b")
    assert all(a[name] != b[name] for name in a)


def test_every_video_has_another_person(tmp_path):
    write(tmp_path)
    found = files(tmp_path)
    assert len({found[name] for name in found if name.endswith("/1.jpg")}) == 3


def test_a_second_call_writes_nothing(tmp_path):
    write(tmp_path)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert write(tmp_path) == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times


@pytest.mark.parametrize("failing_call", ["rename", "replace"])
def test_an_interrupted_call_is_completed_by_the_next(tmp_path, monkeypatch, failing_call):
    write(tmp_path / "whole")
    calls = []

    def interrupted(*args):
        calls.append(args)
        # The third replacement is the second video's annotation, after puppets.json.
        if len(calls) == {"rename": 2, "replace": 3}[failing_call]:
            raise KeyboardInterrupt
        return original(*args)

    original = getattr(os, failing_call)
    with monkeypatch.context() as patch:
        patch.setattr(puppets.os, failing_call, interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "cut")
    assert len(list((tmp_path / "cut").rglob("info/*.mat"))) == 1
    assert list((tmp_path / "cut").glob(".partial-*"))
    assert write(tmp_path / "cut") == 2
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_puppets_of_other_arguments_are_left_alone(tmp_path):
    write(tmp_path)
    before = files(tmp_path)
    with pytest.raises(UsageError, match=r"other arguments: frames 3 \(not 4\); choose another"):
        write(tmp_path, frames=4)
    assert files(tmp_path) == before


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("chapter 1")
    with pytest.raises(DataError, match=r"something else.*choose a new folder"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_folders_place_is_reported(tmp_path):
    (tmp_path / "puppets").touch()
    with pytest.raises(DataError, match="is a file"):
        write(tmp_path / "puppets")


@pytest.mark.parametrize("content", ["{", "[]"])
def test_damaged_settings_are_reported(tmp_path, content):
    (tmp_path / "puppets.json").write_text(content)
    with pytest.raises((DataError, UsageError), match="remove"):
        write(tmp_path)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file"):
        write(tmp_path / "file" / "puppets")


@pytest.mark.parametrize(
    ("name", "value"),
    [("videos", 0), ("test_videos", -1), ("frames", 1), ("size", 31), ("size", 4096), ("seed", -1)],
)
def test_arguments_out_of_range_are_named(tmp_path, name, value):
    with pytest.raises(UsageError, match=f"^--{name}: expected at .*{value}$"):
        write(tmp_path / "puppets", **{name: value})
    assert not (tmp_path / "puppets").exists()


def test_a_test_split_can_be_left_out(tmp_path):
    assert write(tmp_path, test_videos=0) == 2
    assert not (tmp_path / "test").exists()


def test_the_arguments_are_recorded(tmp_path):
    write(tmp_path, seed=5)
    settings = json.loads((tmp_path / "puppets.json").read_text())
    assert settings == {"version": puppets.VERSION, **SMALL, "seed": 5}


def test_the_program_writes_reports_and_refuses(tmp_path):
    def program(*arguments):
        command = [sys.executable, "-m", "data.puppets", f"--output={tmp_path}", "--videos=1"]
        root = Path(__file__).parents[2]
        return subprocess.run(
            [*command, "--test_videos=1", "--size=32", *arguments],
            capture_output=True,
            text=True,
            cwd=root,
        )

    first = program("--frames=2")
    assert (first.returncode, first.stdout) == (
        0,
        f"{tmp_path}: 2 videos of 2 frames, 2 of them new\n",
    )
    assert "2/2" in first.stderr
    again = program("--frames=2")
    assert (again.returncode, again.stderr) == (0, "")
    assert "nothing to do" in again.stdout
    refused = program("--frames=3")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: ")
    assert refused.stderr.count("\n") == 1
