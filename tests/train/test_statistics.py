import numpy as np
import pytest

from data.augment import Augmentation
from data.pipeline import Pairs
from data.vgg_files import read_statistics
from data.videos import read_published
from posewarp.networks import ModelConfig
from posewarp.perceptual import vgg19


@pytest.mark.parametrize("ending", ["npz", "mat"])
def test_the_program_equals_two_passes_over_all_frames(program, tmp_path, ending):
    from published_layout import write_video

    write_video(tmp_path, "stroll", frames=12)
    write_video(tmp_path, "walk", frames=8)
    output = tmp_path / f"statistics.{ending}"
    done = program(
        "train.statistics", data_dir=tmp_path, output=output, image_size=64, vgg_weights="random"
    )
    assert done.returncode == 0, done.stderr
    assert "statistics of 20 of 20 frames" in done.stdout

    pairs = Pairs(read_published(tmp_path, "train"), ModelConfig(image_size=64))
    images = np.stack(
        [
            pairs.make(video, frame, frame, Augmentation()).source_image
            for video, count in ((0, 12), (1, 8))
            for frame in range(count)
        ]
    )
    found = read_statistics(output)
    activations = [np.asarray(layer, "float64") for layer in vgg19("random")(images)]
    for layer, values in enumerate(activations):
        np.testing.assert_allclose(found.mean[layer], values.mean((0, 1, 2)), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(found.std[layer], values.std((0, 1, 2)), rtol=1e-6, atol=1e-6)
