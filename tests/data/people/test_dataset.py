import json
import os

import numpy as np
import pytest
import scipy.io

from data.people import dataset
from data.people.dataset import write_people
from data.videos import read_videos
from posewarp.errors import DataError, UsageError
from posewarp.skeleton import FULL_BODY

SMALL = {"videos": 2, "test_videos": 1, "frames": 3, "size": 32, "frame_step": 5}


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def quick(monkeypatch):
    """Videos of noise, for what does not depend on the pictures."""

    def render_video(rng, frames, size, frame_step, upper):
        for _ in range(frames):
            picture = rng.integers(0, 255, (size, size, 3), dtype=np.uint8)
            yield picture, rng.uniform(0, size, (14, 2)), np.array([0, 0, size, size * (1 + upper)])

    monkeypatch.setattr(dataset, "render_video", render_video)


def write(folder, **changes):
    return write_people(folder, **{**SMALL, **changes})


def test_the_program_writes_the_published_layout_and_does_it_once(
    program, assert_refused, tmp_path
):
    flags = {"output": tmp_path / "two", "videos": 1, "test_videos": 1, "size": 32, "frames": 2}
    flags["framing"] = "full"
    first = program("data.people", **flags)
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"{tmp_path / 'two'}: 2 videos of 2 frames, 2 of them new\n"
    names = {f"{split}/frames/{split}_0001/{n}.jpg" for split in ("train", "test") for n in (1, 2)}
    names |= {"train/info/train_0001.mat", "test/info/test_0001.mat", "people.json"}
    found = files(tmp_path / "two")
    assert set(found) == names
    fields = scipy.io.loadmat(tmp_path / "two/test/info/test_0001.mat")["data"]
    assert (fields["X"][0, 0].shape, fields["bbox"][0, 0].shape) == ((14, 2, 2), (2, 4))
    videos = [read_videos(tmp_path / "two", split)[0] for split in ("train", "test")]
    sizes = np.concatenate([video.person_sizes(FULL_BODY) for video in videos])
    assert ((sizes > 0.5 * 32) & (sizes < 1.4 * 32)).all()
    # One process makes the same bytes.
    flags = {name: value for name, value in flags.items() if name != "output"}
    write_people(tmp_path / "alone", **flags)
    assert files(tmp_path / "alone") == found
    again = program("data.people", output=tmp_path / "two", **flags)
    assert (again.returncode, again.stderr) == (0, "")
    assert "nothing to do" in again.stdout
    refused = program("data.people", output=tmp_path / "two", **{**flags, "frames": 3})
    assert_refused(refused, r"people of other arguments: frames 2 \(not 3\); choose another")
    assert files(tmp_path / "two") == found


@pytest.mark.parametrize("failing_call", ["rename", "replace"])
def test_an_interrupted_call_is_completed_by_the_next(tmp_path, monkeypatch, quick, failing_call):
    write(tmp_path / "whole")
    calls = []

    def interrupted(*args):
        calls.append(args)
        # The third replacement is the second video's annotation, after people.json.
        if len(calls) == {"rename": 2, "replace": 3}[failing_call]:
            raise KeyboardInterrupt
        return original(*args)

    original = getattr(os, failing_call)
    with monkeypatch.context() as patch:
        patch.setattr(os, failing_call, interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "cut")
    assert len(list((tmp_path / "cut").rglob("info/*.mat"))) == 1
    assert write(tmp_path / "cut") == 2
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert write(tmp_path / "cut") == 0


def test_mixed_framing_takes_turns(tmp_path, quick):
    write(tmp_path)
    heights = [
        scipy.io.loadmat(tmp_path / f"train/info/train_000{n}.mat")["data"]["bbox"][0, 0][0, 3]
        for n in (1, 2)
    ]
    assert heights == [32, 64]
    assert json.loads((tmp_path / "people.json").read_text())["framing"] == "mixed"


def test_what_is_in_the_way_is_reported_and_left_alone(tmp_path, quick):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text").write_text("chapter 1")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "people.json").write_text("{")
    before = files(tmp_path)
    for folder, message in (
        ("thesis", r"something else.*choose a new folder"),
        ("thesis/text", "is a file"),
        ("damaged", "remove"),
    ):
        with pytest.raises((DataError, UsageError), match=message):
            write(tmp_path / folder)
    assert files(tmp_path) == before
