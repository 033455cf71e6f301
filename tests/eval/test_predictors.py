import keras
import numpy as np
import pytest
from published_layout import standing_person

from data.pairs import Example
from eval.measures import GENERATED, PLAIN, UNET
from eval.predictors import Predictor, reduced
from posewarp.networks import Generator, ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY

CONFIG = ModelConfig(FULL_BODY, 64, width=0.1875)


@pytest.fixture(scope="module")
def example():
    """A person in his own pose, in noise."""
    image = np.random.default_rng(0).uniform(-1, 1, (128, 128, 3)).astype("float32")
    joints = (standing_person(1)[0] - [70, 30]) * 0.5
    return Example(image, joints, joints, image)


def test_the_photos_detail_brings_the_image_nearer(example):
    keras.utils.set_random_seed(0)
    networks = {GENERATED: Generator(CONFIG), UNET: PlainUNet(CONFIG)}
    predictor = Predictor(networks, 2)
    images, seconds = predictor(example)
    assert list(seconds) == [GENERATED, UNET] and min(seconds.values()) > 0
    sharp, plain = (np.abs(images[x] - example.target_image).mean() for x in (GENERATED, PLAIN))
    assert sharp < 0.5 * plain
    assert predictor.config.image_size == 128
    assert {image.shape for image in images.values()} == {(128, 128, 3)}
    # At its own size, the network's image is as it is.
    alone, _ = Predictor(networks)(reduced(example, 2))
    assert set(alone) == {GENERATED, UNET}
    for name, large in ((GENERATED, PLAIN), (UNET, UNET)):
        np.testing.assert_allclose(alone[name].mean(), images[large].mean(), atol=0.01)


def test_pixels_are_where_their_means_are():
    image = np.zeros((8, 8, 3), "float32")
    image[4:6, 2:4] = 1
    small = reduced(Example(image, np.array([[2.5, 4.5]]), np.array([[0.5, 0.5]]), image), 2)
    assert small.source_image[2, 1].tolist() == [1, 1, 1] and small.source_image.sum() == 3
    assert small.source_joints.tolist() == [[1, 2]] and small.target_joints.tolist() == [[0, 0]]
