import numpy as np
import pytest
import scipy.io

from data.augment import Augmentation
from data.pipeline import Pairs
from data.videos import read_published
from posewarp.errors import ModelError
from posewarp.networks import ModelConfig
from posewarp.perceptual import CHANNELS, vgg19
from train.statistics_files import read_statistics


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


def test_the_published_file_is_read(shared):
    path = shared / "data" / "vgg_activation_distribution_train.mat"
    statistics = read_statistics(path)
    fields = scipy.io.loadmat(path)
    for layer, channels in enumerate(CHANNELS):
        assert statistics.std[layer].shape == (channels,)
        np.testing.assert_array_equal(statistics.mean[layer], fields[str(layer)][0])
        np.testing.assert_array_equal(statistics.std[layer], fields[str(layer)][1])


def test_a_file_of_something_else_is_refused_by_name(tmp_path):
    scipy.io.savemat(tmp_path / "other.mat", {"data": np.zeros(3)})
    with pytest.raises(ModelError, match=r"other\.mat: expected .* keys 0 to 11"):
        read_statistics(tmp_path / "other.mat")
    (tmp_path / "broken.npz").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"broken\.npz: not a file of VGG statistics"):
        read_statistics(tmp_path / "broken.npz")


def test_an_output_of_another_kind_is_refused_before_work(program, assert_refused):
    done = program("train.statistics", data_dir="absent", output="statistics.csv")
    assert_refused(done, r"statistics\.csv: expected .* \.npz or \.mat")
