import io

import h5py
import numpy as np
import pytest
from archives import change_archive

from posewarp.errors import ModelError
from posewarp.hdf5 import check_arrays
from posewarp.networks import Generator, ModelConfig
from posewarp.perceptual import vgg19
from posewarp.saving import load_network, save_network
from posewarp.skeleton import UPPER_BODY

PLACE = "layers/first/kernel"
INFLATED = {"shape": (2**31,), "dtype": "float32", "chunks": (2**20,), "compression": "gzip"}
"""An array of 8 GiB, which takes no room in a file."""


def other(*args, **kwargs):
    """Puts another array in the place of one."""

    def change(file):
        del file[PLACE]
        file.create_dataset(PLACE, *args, **kwargs)

    return change


def link(file):
    del file[PLACE]
    file[PLACE] = h5py.ExternalLink("other.h5", "/x")


def virtual(file):
    layout = h5py.VirtualLayout((10,), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "x", (10,))
    del file[PLACE]
    file.create_virtual_dataset(PLACE, layout)


def weights_file(where):
    file = h5py.File(where, "w")
    file[PLACE] = np.ones(10, "float32")
    file["layers/second/kernel"] = np.ones(10, "int64")
    return file


def test_arrays_of_numbers_that_fit_are_taken():
    with weights_file(io.BytesIO()) as file:
        check_arrays(file, 120)
        with pytest.raises(ModelError, match="layers/second/kernel: expected at most 119 bytes"):
            check_arrays(file, 119)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other(**INFLATED), "expected at most"),
        (
            other((10,), "float32", chunks=(2**29,), maxshape=(None,), compression="gzip"),
            r"expected 10 numbers, got a chunk of \(536870912,\)",
        ),
        (other(data=np.array([b"text"])), r"expected numbers, got \|S4"),
        (other((10,), h5py.vlen_dtype("float32")), "expected numbers, got object"),
        (other((10,), "float32", external="other.raw"), "got a reference to another"),
        (virtual, "got a reference to another"),
        (link, "got a link"),
    ],
)
def test_what_leads_out_inflates_or_is_no_number_is_refused_by_name(change, message):
    with weights_file(io.BytesIO()) as file:
        change(file)
        with pytest.raises(ModelError, match=f"{PLACE}: .*{message}"):
            check_arrays(file, 2**20)


def test_models_are_refused_before_an_array_of_theirs_is_inflated(tmp_path):
    path = tmp_path / "model.keras"
    save_network(Generator(ModelConfig(UPPER_BODY, 64, 0.01)), path)

    def inflate(members):
        weights = io.BytesIO(members["model.weights.h5"])
        with h5py.File(weights, "r+") as file:
            file.create_dataset("inflated", **INFLATED)
        members["model.weights.h5"] = weights.getvalue()

    change_archive(path, inflate)
    with pytest.raises(ModelError, match=r"model\.keras: inflated: expected at most"):
        load_network(path)

    with weights_file(tmp_path / "vgg.h5") as file:
        other(**INFLATED)(file)
    with pytest.raises(ModelError, match=rf"vgg\.h5.*: {PLACE}: expected at most"):
        vgg19(tmp_path / "vgg.h5")
