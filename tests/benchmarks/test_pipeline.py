import re

import pytest

from benchmarks.numpy_loop import require_agreement
from data.pairs import Pairs
from data.people.dataset import Settings, write_people
from data.videos import read_videos
from posewarp.errors import DataError
from posewarp.networks import ModelConfig
from posewarp.skeleton import SKELETONS


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    root = tmp_path_factory.mktemp("people")
    # The people fill their frames: enlarged, a picture has no detail that resampling could lose.
    settings = Settings(videos=1, test_videos=0, frames=12, size=64, framing="full")
    write_people(root, settings)
    return root


@pytest.mark.parametrize("fit", ["person", "stretch"])
@pytest.mark.parametrize("augment", [False, True])
@pytest.mark.parametrize("skeleton", SKELETONS)
def test_the_loop_and_the_pipeline_make_the_same_batches(people, skeleton, augment, fit):
    videos = read_videos(people, "train")
    config = ModelConfig(SKELETONS[skeleton], image_size=64)
    require_agreement(Pairs(videos, config, augment=augment, fit=fit), 2)


def test_a_loop_that_makes_something_else_is_not_timed(people, monkeypatch):
    monkeypatch.setattr("benchmarks.numpy_loop.SIGMA", 2.0)
    pairs = Pairs(read_videos(people, "train"), ModelConfig(SKELETONS["full_body"], 64))
    with pytest.raises(DataError, match="disagree in source_volume, target_volume:"):
        require_agreement(pairs, 2)


@pytest.mark.slow
def test_the_program_prints_a_row_per_setting(people, program):
    done = program(
        "benchmarks.pipeline", data_dir=people, image_size=64, batches=2, batch_size=2, repeats=1
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^\| +\d+ +\| +(no|yes) \|", done.stdout, re.M)
    assert rows and rows == ["no", "yes"] * (len(rows) // 2)
    assert "Memory, MiB: loop" in done.stdout
