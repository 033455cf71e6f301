import json
import os

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


def test_the_published_layout_is_written_with_pixels_from_one(tmp_path):
    assert write(tmp_path, seed=5) == 3
    names = {f"train/frames/train_000{v}/{n}.jpg" for v in (1, 2) for n in (1, 2, 3)}
    names |= {f"test/frames/test_0001/{n}.jpg" for n in (1, 2, 3)}
    names |= {"train/info/train_0001.mat", "train/info/train_0002.mat"}
    names |= {"test/info/test_0001.mat", "puppets.json"}
    found = files(tmp_path)
    assert set(found) == names
    # Every video has another person.
    assert len({found[name] for name in found if name.endswith("/1.jpg")}) == 3
    settings = json.loads(found["puppets.json"])
    assert settings == {"version": puppets.VERSION, **SMALL, "seed": 5}

    fields = scipy.io.loadmat(tmp_path / "test/info/test_0001.mat")["data"]
    joints, boxes = fields["X"][0, 0], fields["bbox"][0, 0]
    assert (joints.shape, boxes.shape) == ((14, 2, 3), (3, 4))
    assert joints.dtype == boxes.dtype == np.float64
    drawn = puppets.render_video(np.random.default_rng((5, 1, 0)), 3, 32)
    for number, (image, pose, box) in enumerate(drawn):
        np.testing.assert_allclose(joints[..., number], pose + 1)
        np.testing.assert_allclose(boxes[number], box + (1, 1, 0, 0))
        written = cv2.imread(str(tmp_path / f"test/frames/test_0001/{number + 1}.jpg"))
        assert np.abs(written[..., ::-1].astype(int) - image).mean() < 6

    videos = read_published(tmp_path, "train") + read_published(tmp_path, "test")
    assert [video.name for video in videos] == ["train_0001", "train_0002", "test_0001"]
    sizes = np.concatenate([video.person_sizes(FULL_BODY) for video in videos])
    assert ((sizes > 0.5 * 32) & (sizes < 1.3 * 32)).all()


def test_the_same_seed_gives_the_same_bytes_with_any_number_of_workers(tmp_path):
    write(tmp_path / "alone")
    write(tmp_path / "together", workers=2)
    write(tmp_path / "other", seed=1)
    alone, other = files(tmp_path / "alone"), files(tmp_path / "other")
    assert files(tmp_path / "together") == alone
    assert all(alone[name] != other[name] for name in alone)


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


def test_what_is_in_the_way_is_reported_and_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text").write_text("chapter 1")
    for folder, content in (("damaged", "{"), ("list", "[]")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "puppets.json").write_text(content)
    before = files(tmp_path)
    for folder, message in (
        ("thesis", r"something else.*choose a new folder"),
        ("thesis/text", "is a file"),
        ("thesis/text/puppets", "text"),
        ("damaged", "remove"),
        ("list", "remove"),
    ):
        with pytest.raises((DataError, UsageError), match=message):
            write(tmp_path / folder)
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [("videos", 0), ("test_videos", -1), ("frames", 1), ("size", 31), ("size", 4096), ("seed", -1)],
)
def test_arguments_out_of_range_are_named(tmp_path, name, value):
    with pytest.raises(UsageError, match=f"^--{name}: expected at .*{value}$"):
        write(tmp_path / "puppets", **{name: value})
    assert not (tmp_path / "puppets").exists()


def test_the_program_writes_reports_and_refuses(program, assert_refused, tmp_path):
    flags = {"output": tmp_path, "videos": 1, "test_videos": 0, "size": 32}
    first = program("data.puppets", **flags, frames=2)
    report = f"{tmp_path}: 1 videos of 2 frames, 1 of them new\n"
    assert (first.returncode, first.stdout) == (0, report)
    assert "1/1" in first.stderr
    assert not (tmp_path / "test").exists()
    times = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = program("data.puppets", **flags, frames=2)
    assert (again.returncode, again.stderr) == (0, "")
    assert "nothing to do" in again.stdout
    refused = program("data.puppets", **flags, frames=3)
    assert_refused(refused, r"other arguments: frames 2 \(not 3\); choose another")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == times
