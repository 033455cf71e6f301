import numpy as np
import pytest
import scipy.io

from data.vgg_files import read_statistics
from posewarp.errors import ModelError
from posewarp.perceptual import CHANNELS


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
