import numpy as np

from benchmarks.gathers import GatherUpsampling, GatherWarp, baseline_layers
from posewarp.layers import AffineWarp, BilinearUpsampling
from posewarp.networks import Generator, ModelConfig


def random(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype("float32")


def test_the_baseline_warps_and_upsamples_as_the_layers_do_also_beyond_the_border():
    images = random(2, 20, 24, 6)
    transforms = random(2, 2, 3, 2)
    transforms[:, :, 2] *= 20
    np.testing.assert_allclose(
        GatherWarp()(images, transforms), AffineWarp()(images, transforms), atol=2e-5
    )
    for size in (2, 7):
        x = random(2, size, size, 3)
        np.testing.assert_allclose(GatherUpsampling()(x), BilinearUpsampling()(x), atol=1e-6)


def test_only_networks_made_within_have_the_baselines_layers():
    config = ModelConfig(image_size=64, width=0.05)

    def kinds(model):
        return {type(layer) for layer in model.layers}

    with baseline_layers():
        assert {GatherWarp, GatherUpsampling} <= kinds(Generator(config))
    assert {GatherWarp, GatherUpsampling}.isdisjoint(kinds(Generator(config)))
