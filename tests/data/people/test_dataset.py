import json
import os

import numpy as np
import pytest
import scipy.io

from data.people import dataset
from data.people.dataset import Settings, write_people
from data.videos import read_published
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
    return write_people(folder, Settings(**{**SMALL, **changes}))


def test_people_are_written_in_the_published_layout_by_several_processes(tmp_path):
    settings = Settings(videos=1, test_videos=1, frames=2, size=32, frame_step=8, framing="full")
    assert write_people(tmp_path, settings, workers=2) == 2
    names = {f"{split}/frames/{split}_0001/{n}.jpg" for split in ("train", "test") for n in (1, 2)}
    names |= {"train/info/train_0001.mat", "test/info/test_0001.mat", "people.json"}
    found = files(tmp_path)
    assert set(found) == names
    fields = scipy.io.loadmat(tmp_path / "test/info/test_0001.mat")["data"]
    assert (fields["X"][0, 0].shape, fields["bbox"][0, 0].shape) == ((14, 2, 2), (2, 4))
    videos = read_published(tmp_path, "train") + read_published(tmp_path, "test")
    sizes = np.concatenate([video.person_sizes(FULL_BODY) for video in videos])
    assert ((sizes > 0.5 * 32) & (sizes < 1.4 * 32)).all()
    # The same bytes from this process alone.
    dataset._write_video(tmp_path / "alone", "test", 0, settings)
    alone = files(tmp_path / "alone")
    assert all(found[name] == data for name, data in alone.items())
    assert len(alone) == 3


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
        patch.setattr(dataset.os, failing_call, interrupted)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path / "cut")
    assert len(list((tmp_path / "cut").rglob("info/*.mat"))) == 1
    assert list((tmp_path / "cut").glob(".partial-*"))
    assert write(tmp_path / "cut") == 2
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert write(tmp_path / "cut") == 0


def test_mixed_framing_takes_turns_and_is_among_the_settings(tmp_path, quick):
    write(tmp_path)
    heights = [
        scipy.io.loadmat(tmp_path / f"train/info/train_000{n}.mat")["data"]["bbox"][0, 0][0, 3]
        for n in (1, 2)
    ]
    assert heights == [32, 64]
    stored = json.loads((tmp_path / "people.json").read_text())
    assert stored == {"version": dataset.VERSION, **SMALL, "seed": 0, "framing": "mixed"}
    with pytest.raises(UsageError, match=r"framing mixed \(not upper\).*choose another --output"):
        write(tmp_path, framing="upper")


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("videos", 0),
        ("test_videos", -1),
        ("frames", 1),
        ("size", 31),
        ("seed", -1),
        ("framing", "x"),
    ],
)
def test_arguments_out_of_range_are_named(name, value):
    with pytest.raises(UsageError, match=f"^--{name}: expected .*{value}$"):
        Settings(**{name: value})
