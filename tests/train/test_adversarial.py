import numpy as np
import pytest
import tensorflow as tf

from posewarp.networks import Discriminator, Generator, ModelConfig
from posewarp.skeleton import UPPER_BODY
from train.adversarial import PoseWarpGAN
from train.loop import compile_update


def compiled(gan, xla):
    strategy = tf.distribute.get_strategy()
    return {name: compile_update(update, strategy, xla) for name, update in gan.updates.items()}


@pytest.mark.parametrize(
    ("skeleton", "xla"),
    [
        ("upper_body", False),
        pytest.param("upper_body", True, marks=pytest.mark.slow),
        pytest.param("full_body", True, marks=pytest.mark.slow),
    ],
)
def test_five_steps_have_the_published_losses(reference, reference_loss, skeleton, xla):
    recorded = reference(skeleton, 64)
    gan = PoseWarpGAN(recorded.generator(), recorded.discriminator(), reference_loss)
    updates = compiled(gan, xla)
    found = {"discriminator": [], "gan": []}
    for step in range(5):
        ours, other = step % 2, (step + 1) % 2
        logs = updates["discriminator"](recorded.inputs(ours), recorded.pair(ours)[-1])
        found["discriminator"].append(float(logs["discriminator_loss"]))
        logs = updates["generator"](recorded.inputs(other), recorded.pair(other)[-1])
        names = ("loss", "perceptual_loss", "adversarial_loss")
        found["gan"].append([float(logs[name]) for name in names])
    # Two networks that follow each other by Adam amplify rounding: weights that differ by 1e-7
    # change the third step's losses by 2e-3 and the fifth's by 6e-3, and exact arithmetic (this
    # test in float64) is up to 7e-3 away from the recording. The first two steps, in which every
    # formula takes part, are held to 1e-3.
    tolerance = np.array([1e-3, 1e-3, 5e-3, 1.2e-2, 1.5e-2])
    for name, losses in found.items():
        expected = recorded.arrays[f"{name}_losses"]
        deviation = np.abs(np.array(losses) / expected - 1).reshape(5, -1).max(axis=1)
        assert (deviation < tolerance).all(), (name, deviation)


@pytest.fixture(scope="module")
def small(reference_loss):
    config = ModelConfig(UPPER_BODY, 64, width=0.05, background_noise=0)
    return PoseWarpGAN(Generator(config), Discriminator(config), reference_loss, warmup_steps=3)


@pytest.fixture(scope="module")
def batch(small):
    random = np.random.default_rng(0)
    inputs = {
        key: tf.constant(random.uniform(-1, 1, (2, *tensor.shape[1:])), "float32")
        for key, tensor in small.networks["generator"].input.items()
    }
    return inputs, tf.constant(random.uniform(-1, 1, (2, 64, 64, 3)), "float32")


def test_after_a_warm_up_each_update_changes_its_own_network_only(small, batch):
    assert small.schedule(2) == ("discriminator",)
    assert small.schedule(3) == ("discriminator", "generator")
    for name, update in compiled(small, xla=False).items():
        before = {key: model.get_weights() for key, model in small.networks.items()}
        update(*batch)
        for key, model in small.networks.items():
            pairs = zip(before[key], model.get_weights(), strict=True)
            assert any((a != b).any() for a, b in pairs) == (key == name)


def test_accuracies_count_what_the_discriminator_gets_right(small, batch):
    _, logs = small.discriminator_loss(*batch)
    inputs, target = batch
    volumes = {key: inputs[key] for key in ("source_volume", "target_volume")}
    real, generated = (
        np.array(small.networks["discriminator"]({"image": image, **volumes}))
        for image in (target, small.networks["generator"](inputs))
    )
    assert float(logs["accuracy_real"]) == np.mean(real > 0.5)
    assert float(logs["accuracy_generated"]) == np.mean(generated <= 0.5)
