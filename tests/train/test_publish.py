import numpy as np
import pytest

from posewarp.networks import Generator, ModelConfig
from posewarp.saving import load_network, save_network


def test_a_published_network_is_half_as_large_and_nearly_the_same(succeed, tmp_path):
    network = Generator(ModelConfig(image_size=64, width=0.1))
    save_network(network, tmp_path / "generator.keras")
    done = succeed("train.publish", run_dir=tmp_path, output=tmp_path / "mine.keras")
    assert f"mine.keras: Generator, {network.count_params()} weights in float16" in done.stdout
    sizes = [(tmp_path / name).stat().st_size for name in ("generator.keras", "mine.keras")]
    assert sizes[0] - sizes[1] == pytest.approx(2 * network.count_params(), rel=0.2)
    loaded = load_network(tmp_path / "mine.keras")
    assert loaded.config == network.config
    for ours, theirs in zip(loaded.get_weights(), network.get_weights(), strict=True):
        assert ours.dtype == "float32"
        np.testing.assert_allclose(ours, theirs, atol=2e-3)
