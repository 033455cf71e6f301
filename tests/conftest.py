"""Fixtures shared by all rooms: recorded outputs of the published code, and sample data."""

import contextlib
import dataclasses
import importlib
import os
import re
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# No test fetches anything, nor finds what was fetched before.
os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="posewarp-keras-")
os.environ["https_proxy"] = "http://127.0.0.1:9"
os.environ["no_proxy"] = "localhost"  # gRPC, too, has a proxy for what it connects to

# A process in which TensorFlow is loaded before Mitsuba ends in "free(): invalid pointer".
with contextlib.suppress(ImportError):
    import mitsuba

    mitsuba.set_variant("scalar_rgb")

import keras
import numpy as np
import pytest
from absl import flags
from programs import Program
from published_layout import write_video

from posewarp import volumes
from posewarp.networks import Discriminator, Generator, ModelConfig
from posewarp.perceptual import CHANNELS, ActivationStatistics, PerceptualLoss, vgg19
from posewarp.skeleton import SKELETONS
from posewarp.weights import assign_published, published_layers

REFERENCE = Path(__file__).parent / "reference"


def pytest_unconfigure():
    """Removes the folder that Keras had as its home."""
    shutil.rmtree(os.environ["KERAS_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def shared():
    """The folder of sample data that is not part of the project."""
    if not os.environ.get("POSEWARP_SHARED"):
        pytest.skip("POSEWARP_SHARED is not set to the folder of the sample data")
    return Path(os.environ["POSEWARP_SHARED"])


@dataclasses.dataclass
class Reference:
    """One recorded run of the published networks, and the same networks built by us."""

    skeleton_name: str
    size: int
    arrays: dict

    @property
    def config(self):
        return ModelConfig(SKELETONS[self.skeleton_name], self.size, background_noise=0)

    def pair(self, index):
        """Inputs and target of a pair, batch 1; the images from BGR bytes to RGB in [-1, 1]."""

        def both(kind):
            return (self.arrays[f"{role}_{kind}_{index}"][None] for role in ("source", "target"))

        source, target = (bgr[..., ::-1].astype("float32") / 127.5 - 1 for bgr in both("image"))
        return source, *both("joints"), target

    def inputs(self, index):
        """The network's inputs; the 64 px files keep the pixel sigmas of 256 px."""
        source, source_joints, target_joints, _ = self.pair(index)
        skeleton = self.config.skeleton
        inputs = volumes.network_inputs(source, source_joints, target_joints, skeleton, self.size)
        inputs["mask_prior"] = volumes.mask_prior(source_joints, skeleton, self.size)
        inputs["source_volume"] = volumes.joint_volumes(source_joints, self.size)
        inputs["target_volume"] = volumes.joint_volumes(target_joints, self.size)
        return {key: np.array(value) for key, value in inputs.items()}

    def generator(self):
        return self._with_weights(Generator(self.config), "generator_seed")

    def discriminator(self):
        return self._with_weights(Discriminator(self.config), "discriminator_seed")

    def _with_weights(self, model, seed):
        random = np.random.RandomState(int(self.arrays[seed]))
        weights = []
        for name in published_layers(model):
            shape = tuple(model.get_layer(name).kernel.shape)
            kernel = random.randint(-1, 2, shape) * np.sqrt(3 / np.prod(shape[:-1]))
            bias = random.randint(-1, 2, shape[-1]) * 0.05
            weights.append((kernel.astype("float32"), bias.astype("float32")))
        assign_published(model, weights)
        return model


@pytest.fixture(scope="session")
def reference(request):
    """Opens the recorded run of a skeleton at a size; 256 px ones are in the sample data."""

    def open_reference(skeleton_name, size):
        path = REFERENCE / f"networks_{skeleton_name}_{size}.npz"
        if not path.exists():
            path = request.getfixturevalue("shared") / "reference" / path.name
        return Reference(skeleton_name, size, dict(np.load(path)))

    return open_reference


@pytest.fixture(scope="session")
def reference_loss():
    """The perceptual loss with the recorded runs' weights and statistics."""
    random = np.random.RandomState(6)
    moments = [
        (random.uniform(0, 50, channels), random.uniform(20, 200, channels))
        for channels in CHANNELS
    ]
    return PerceptualLoss(
        vgg19("random"), ActivationStatistics(*map(tuple, zip(*moments, strict=True)))
    )


@pytest.fixture(scope="session")
def gradient():
    """Differentiates a scalar function of one array on the running Keras backend."""
    if keras.backend.backend() == "jax":
        import jax

        return lambda function, x: np.array(jax.grad(function)(x))
    import tensorflow as tf

    def tape_gradient(function, x):
        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x, unconnected_gradients="zero").numpy()

    return tape_gradient


@pytest.fixture(scope="session")
def program():
    """Runs a command-line program as a user would, from the project's folder.

    `program("train.pretrain", steps=3, augment=False)` runs `python -m train.pretrain --steps=3
    --augment=False` and gives the finished Program, or a running one with `background=True`.
    """

    def run(module, *arguments, background=False, environment=None, **flags):
        arguments = [*arguments, *(f"--{name}={value}" for name, value in flags.items())]
        started = Program(module, arguments, environment=environment)
        started.start()
        return started if background else started.wait()

    return run


@pytest.fixture(scope="session")
def succeed(program):
    """Runs a program to its end as `program` does, and checks that it succeeds."""

    def run(module, *arguments, **flags):
        done = program(module, *arguments, **flags)
        assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def library():
    """Imports a program for its functions; its flags do not stay in other tests' way."""
    before = set(flags.FLAGS)
    yield importlib.import_module
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)


@pytest.fixture(scope="session")
def assert_refused():
    """Checks that a program ended with one line on stderr that matches, and exit status 1."""

    def check(done, message, status=1):
        assert re.search(message, done.stderr), done.stderr
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
        assert done.returncode == status

    return check


@pytest.fixture(scope="session")
def published_data(tmp_path_factory):
    """A data set of two videos."""
    root = tmp_path_factory.mktemp("published")
    write_video(root, "stroll", frames=5)
    write_video(root, "walk", frames=3)
    return root
