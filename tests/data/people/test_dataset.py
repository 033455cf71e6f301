import numpy as np
import pytest
from annotated_layouts import files

from data.people import dataset
from data.people.dataset import Settings, write_people
from data.videos import read_videos
from posewarp.skeleton import FULL_BODY

SMALL = Settings(videos=2, test_videos=1, frames=3, size=32, frame_step=5)


@pytest.fixture
def quick(monkeypatch):
    """Videos of noise, for what does not depend on the pictures."""

    def render_video(rng, frames, size, frame_step, upper):
        for _ in range(frames):
            picture = rng.integers(0, 255, (size, size, 3), dtype=np.uint8)
            yield picture, rng.uniform(0, size, (14, 2)), np.array([0, 0, size, size * (1 + upper)])

    monkeypatch.setattr(dataset, "render_video", render_video)


def test_the_program_writes_the_published_layout_and_does_it_once(
    program, assert_refused, tmp_path
):
    settings = Settings(videos=1, test_videos=1, frames=2, size=32, framing="full")
    flags = {"output": tmp_path / "two", **settings._asdict()}
    first = program("data.people", **flags)
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"{tmp_path / 'two'}: 2 videos of 2 frames, 2 of them new\n"
    found = files(tmp_path / "two")
    for split in ("train", "test"):
        (video,) = read_videos(tmp_path / "two", split, layout="published")
        assert (video.name, video.boxes.shape) == (f"{split}_0001", (2, 4))
        sizes = video.person_sizes(FULL_BODY)
        assert ((sizes > 0.5 * 32) & (sizes < 1.4 * 32)).all()
    # One process makes the same bytes.
    write_people(tmp_path / "alone", settings)
    assert files(tmp_path / "alone") == found
    again = program("data.people", **flags)
    assert (again.returncode, again.stderr) == (0, "")
    assert "nothing to do" in again.stdout
    refused = program("data.people", **{**flags, "frames": 3})
    assert_refused(refused, r"people of other arguments: frames 2 \(not 3\); choose another")
    assert files(tmp_path / "two") == found


# The third replacement is the second video's annotation, after people.json.
@pytest.mark.parametrize(("call", "number"), [("rename", 2), ("replace", 3)])
def test_an_interrupted_call_is_completed_by_the_next(tmp_path, interrupted, quick, call, number):
    write_people(tmp_path / "whole", SMALL)
    with interrupted(call, number):
        write_people(tmp_path / "cut", SMALL)
    assert len(list((tmp_path / "cut").rglob("info/*.mat"))) == 1
    assert write_people(tmp_path / "cut", SMALL) == 2
    assert files(tmp_path / "cut") == files(tmp_path / "whole")
    assert write_people(tmp_path / "cut", SMALL) == 0


def test_mixed_framing_takes_turns(tmp_path, quick):
    write_people(tmp_path, SMALL)
    videos = read_videos(tmp_path, "train")
    assert [video.boxes[0, 3] for video in videos] == [SMALL.size, 2 * SMALL.size]
