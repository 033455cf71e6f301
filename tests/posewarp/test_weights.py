import h5py
import numpy as np
import pytest
from published_weights import write_weights

from posewarp.errors import ModelError
from posewarp.networks import ModelConfig
from posewarp.skeleton import FULL_BODY, UPPER_BODY
from posewarp.weights import load_published, published_layers

KERNEL, BIAS = "conv2d_3/conv2d_3/kernel:0", "conv2d_3/conv2d_3/bias:0"


@pytest.mark.parametrize("skeleton", ["full_body", "upper_body"])
def test_the_published_codes_files_give_its_recorded_outputs(reference, shared, skeleton):
    recorded = reference(skeleton, 256)
    generator = load_published(shared / "reference" / f"original_{skeleton}.h5")
    assert generator.config == recorded.config
    output = generator.predict_on_batch(recorded.inputs(0))[..., ::-1]
    found = output.ravel()[recorded.arrays["output_at"]]
    np.testing.assert_allclose(found, recorded.arrays["output_values"], atol=1e-4)


@pytest.mark.parametrize(
    ("skeleton", "group", "first"),
    [(UPPER_BODY, "/", 0), (FULL_BODY, "/", 7), (UPPER_BODY, "model_weights", 1)],
)
def test_convolutions_are_taken_in_the_order_of_their_numbers(tmp_path, skeleton, group, first):
    path = write_weights(tmp_path / "generator.h5", skeleton, first, group)
    generator = load_published(path, image_size=64)
    assert generator.config == ModelConfig(skeleton, 64, background_noise=0)
    for index, name in enumerate(published_layers(generator)):
        kernel, bias = generator.get_layer(name).get_weights()
        assert (kernel == index).all() and (bias == -index).all(), name


def replace(file, name, *args, **kwargs):
    del file[name]
    file.create_dataset(name, *args, **kwargs)


def no_number(file):
    file[BIAS].write_direct(np.full(128, np.nan, "float32"))


PAIR = "conv2d_3: expected kernel:0 and bias:0, got kernel:0"
SHAPES = (
    r"layer conv2d_3: expected kernel \(3, 3, 128, 128\) and bias \(128,\) for the "
    r"skeleton upper_body, got \(3, 3, 64, 128\) and \(128,\)"
)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda x: x.pop("conv2d_3"), "expected weights of 52 layers, got 51"),
        (lambda x: x.pop(BIAS), PAIR),
        (lambda x: x.create_dataset("dense/kernel:0", (9, 9)), "layer dense: expected a generator"),
        (lambda x: replace(x, KERNEL, (3, 3, 64, 128)), SHAPES),
        (lambda x: replace(x, KERNEL, (2**20, 2**20), chunks=True), "at most 268435456 bytes"),
        (no_number, "conv2d_3: expected finite numbers"),
    ],
)
def test_a_file_of_something_else_is_refused_with_the_layer(tmp_path, damage, message):
    path = write_weights(tmp_path / "generator.h5", UPPER_BODY)
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(ModelError, match=rf"generator\.h5: .*{message}"):
        load_published(path, image_size=64)


def test_a_file_that_is_absent_or_not_hdf5_is_refused(tmp_path):
    (tmp_path / "text.h5").write_text("weights")
    for name, message in [
        ("absent.h5", "no such file"),
        ("text.h5", "cannot be read as an HDF5 file: .*signature not found"),
    ]:
        with pytest.raises(ModelError, match=rf"{name}: {message}"):
            load_published(tmp_path / name)
