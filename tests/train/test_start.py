import numpy as np
import pytest
from absl.testing import flagsaver

from posewarp.errors import ModelError, UsageError
from posewarp.networks import Generator, ModelConfig, PlainUNet
from posewarp.skeleton import UPPER_BODY

CONFIG = ModelConfig(UPPER_BODY, 64, width=0.1)


@pytest.fixture
def first_network(library):
    def first(start, config=CONFIG, model="generator"):
        pretrain = library("train.pretrain")
        with flagsaver.as_parsed(start=str(start), model=model):
            return pretrain.first_network(config)

    return first


def test_a_run_begins_with_a_network_of_another_image_size(first_network, tmp_path):
    for model, kind in (("generator", Generator), ("unet", PlainUNet)):
        small = kind(CONFIG)
        small.save(tmp_path / f"{model}.keras")
        grown = first_network(tmp_path / f"{model}.keras", ModelConfig(UPPER_BODY, 96, 0.1), model)
        assert type(grown) is kind and grown.config.image_size == 96
        np.testing.assert_equal(grown.get_weights(), small.get_weights())


def test_a_network_that_does_not_fit_the_flags_is_refused(first_network, tmp_path):
    Generator(CONFIG).save(tmp_path / "mine.keras")
    fields = "--model=generator --skeleton=upper_body --width=0.1: give these flags"
    for config, model in (
        (ModelConfig(image_size=64, width=0.1), "generator"),
        (ModelConfig(UPPER_BODY, 64, 0.2), "generator"),
        (CONFIG, "unet"),
    ):
        with pytest.raises(UsageError, match=rf"--start=.*mine\.keras: is of {fields}"):
            first_network(tmp_path / "mine.keras", config, model)
    with pytest.raises(ModelError, match="absent: expected upper_body, full_body, a run"):
        first_network(tmp_path / "absent")
