"""Programs as libraries; a small model, and what `eval.export` makes of it."""

import importlib

import keras
import numpy as np
import pytest
from absl import flags

from posewarp.networks import Generator, ModelConfig
from posewarp.transfer import PoseTransfer


@pytest.fixture(scope="module")
def library():
    """Imports a module for its functions; its flags do not stay in other tests' way."""
    before = set(flags.FLAGS)
    yield importlib.import_module
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)


@pytest.fixture(scope="session")
def transfer_model():
    """An untrained model whose results depend on all that it is given."""
    keras.utils.set_random_seed(0)
    return PoseTransfer(Generator(ModelConfig(image_size=64, width=0.1)))


@pytest.fixture(scope="session")
def exported(transfer_model, program, tmp_path_factory):
    """The finished program and the folder of the SavedModel that it wrote."""
    folder = tmp_path_factory.mktemp("exported")
    transfer_model.generator.save(folder / "generator.keras")
    output = folder / "models" / "mine" / "1"
    return program("eval.export", model=folder, output=output), output


@pytest.fixture(scope="session")
def request_of(transfer_model):
    """Makes the inputs of a call: photos and a person in two poses in each."""
    from published_layout import standing_person

    def make(count=1, height=300, width=320, seed=0):
        random = np.random.default_rng(seed)
        joints = standing_person(2).astype("float32")[:, None]
        joints = joints + random.uniform(-3, 3, (2, count, 1, 2)).astype("float32")
        photo = random.integers(0, 256, (count, height, width, 3), "uint8")
        return {"photo": photo, "source_joints": joints[0], "target_joints": joints[1] + 20}

    return make
