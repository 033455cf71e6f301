"""A small model as users have it, and what `eval.export` makes of it."""

import fcntl
import json
import os

import av
import keras
import numpy as np
import pytest
from published_layout import standing_person

from posewarp.networks import Generator, ModelConfig
from posewarp.transfer import PoseTransfer


@pytest.fixture(scope="session")
def transfer_model():
    """An untrained model whose results depend on all that it is given."""
    keras.utils.set_random_seed(0)
    return PoseTransfer(Generator(ModelConfig(image_size=64, width=0.1)))


@pytest.fixture(scope="session")
def model(transfer_model, tmp_path_factory):
    """The same as a file in a run directory."""
    folder = tmp_path_factory.mktemp("model")
    transfer_model.generator.save(folder / "generator.keras")
    return folder


@pytest.fixture(scope="session")
def exported(model, program, tmp_path_factory):
    """How the program ended, and the folder of the SavedModel that it wrote.

    It takes half a minute of a processor: one worker of pytest-xdist runs it for all.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    ended, output = folder / "exported.json", folder / "exported" / "models" / "mine" / "1"
    with open(folder / "exported.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ended.exists():
            done = program("eval.export", model=model, output=output)
            found = {name: getattr(done, name) for name in ("returncode", "stdout", "stderr")}
            ended.write_text(json.dumps(found))
    return json.loads(ended.read_text()), output


@pytest.fixture(scope="session")
def request_of():
    """Makes the inputs of a call: photos and a person in two poses in each."""

    def make(count=1, height=300, width=320, seed=0):
        random = np.random.default_rng(seed)
        joints = standing_person(2).astype("float32")[:, None]
        joints = joints + random.uniform(-3, 3, (2, count, 1, 2)).astype("float32")
        photo = random.integers(0, 256, (count, height, width, 3), "uint8")
        return {"photo": photo, "source_joints": joints[0], "target_joints": joints[1] + 20}

    return make


@pytest.fixture(scope="session")
def read_film():
    """Reads a video file: its frames in RGB, and how many of them a second has."""

    def read(file):
        with av.open(file) as container:
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
            return np.stack(frames), container.streams.video[0].average_rate

    return read
