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
    arrays = recorded.arrays
    np.testing.assert_allclose(
        output.ravel()[arrays["output_at"]], arrays["output_values"], atol=1e-4
    )


@pytest.mark.parametrize(("group", "first"), [("/", 7), ("model_weights", 0)])
def test_a_published_file_may_be_of_the_whole_model_and_count_from_any_number(
    shared, tmp_path, group, first
):
    original = shared / "reference" / "original_upper_body.h5"
    with h5py.File(original) as source, h5py.File(tmp_path / "copy.h5", "w") as file:
        for name in source:
            copied = name
            if name.startswith("conv2d"):
                number = int(name.removeprefix("conv2d").lstrip("_") or 0) + first
                copied = f"conv2d_{number}" if number else "conv2d"
            source.copy(name, file.require_group(group), copied)
    for copied, weights in zip(
        load_published(tmp_path / "copy.h5", image_size=64).weights,
        load_published(original, image_size=64).weights,
        strict=True,
    ):
        np.testing.assert_array_equal(copied, weights)


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


def test_bgr_becomes_rgb_where_images_come_in_and_go_out(tmp_path):
    path = write_weights(tmp_path / "generator.h5", UPPER_BODY)
    with h5py.File(path, "r+") as file:
        for layer in ("conv2d", "conv2d_17", "conv2d_34"):
            kernel = file[f"{layer}/{layer}/kernel:0"]
            kernel[...] = np.arange(kernel.shape[2])[:, None]
        for layer in ("conv2d_33", "conv2d_50"):
            for array in file[f"{layer}/{layer}"].values():
                array[...] = np.arange(3)
    generator = load_published(path, image_size=64)
    for layer, channels in {
        "mask_encoder_0": [2, 1, 0],
        "background_encoder_0": [2, 1, 0, 3],
        "foreground_encoder_0": [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12],
    }.items():
        np.testing.assert_array_equal(generator.get_layer(layer).kernel[0, 0, :, 0], channels)
    for layer in ("background_logits", "foreground_logits"):
        kernel, bias = generator.get_layer(layer).get_weights()
        np.testing.assert_array_equal(kernel[0, 0, 0], [2, 1, 0])
        np.testing.assert_array_equal(bias, [2, 1, 0])


def replace(file, name, *args, **kwargs):
    del file[name]
    file.create_dataset(name, *args, **kwargs)


def link(file, target):
    del file[BIAS]
    file[BIAS] = target


def keep_outside(file):
    layout = h5py.VirtualLayout((128,), "float32")
    layout[:] = h5py.VirtualSource("other.h5", "bias", (128,))
    del file[BIAS]
    file.create_virtual_dataset(BIAS, layout)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.clear(), "expected weights of 52 layers, got 0"),
        (lambda file: file.pop("conv2d_3"), "expected weights of 52 layers, got 51"),
        (lambda file: file.pop(BIAS), "conv2d_3: expected kernel:0 and bias:0, got kernel:0"),
        (
            lambda file: link(file, h5py.ExternalLink("other.h5", "/bias")),
            "conv2d_3: expected kernel:0 and bias:0, got kernel:0",
        ),
        (
            lambda file: link(file, h5py.SoftLink("/conv2d_4/conv2d_4/bias:0")),
            "conv2d_3: expected kernel:0 and bias:0, got kernel:0",
        ),
        (keep_outside, "conv2d_3: expected numbers in the file"),
        (
            lambda file: replace(file, BIAS, (128,), "float32", external="other.raw"),
            "conv2d_3: expected numbers in the file",
        ),
        (
            lambda file: file.create_dataset("block1_conv1/block1_conv1_W_1:0", (3, 3, 3, 64)),
            "layer block1_conv1: expected a generator",
        ),
        (
            lambda file: file.create_dataset("dense/dense/kernel:0", (16384, 256)),
            "layer dense: expected a generator",
        ),
        (
            lambda file: replace(file, KERNEL, (3, 3, 64, 128)),
            r"layer conv2d_3: expected kernel \(3, 3, 128, 128\) and bias \(128,\) for the "
            r"skeleton upper_body, got \(3, 3, 64, 128\) and \(128,\)",
        ),
        (
            lambda file: replace(file, KERNEL, (2**20, 2**20), chunks=True),
            "conv2d_3: expected kernel .* got .1048576, 1048576.",
        ),
        (
            lambda file: replace(file, BIAS, (128,), "int64"),
            "conv2d_3: expected floating-point numbers, got int64",
        ),
        (
            lambda file: file[BIAS].write_direct(np.full(128, np.nan, "float32")),
            "conv2d_3: expected finite numbers",
        ),
    ],
)
def test_a_file_of_something_else_is_refused_with_the_layer(tmp_path, damage, message):
    path = write_weights(tmp_path / "generator.h5", UPPER_BODY)
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(ModelError, match=rf"generator\.h5: .*{message}"):
        load_published(path, image_size=64)


def test_weights_of_another_skeleton_are_refused_with_its_name(tmp_path):
    path = write_weights(tmp_path / "generator.h5", FULL_BODY)
    message = "layer conv2d_2: expected kernel .3, 3, 71, 128. .* skeleton upper_body, got .*78"
    with pytest.raises(ModelError, match=message):
        load_published(path, UPPER_BODY, image_size=64)


def test_a_file_that_is_absent_cut_off_or_not_hdf5_is_refused(tmp_path):
    path = write_weights(tmp_path / "generator.h5", UPPER_BODY)
    (tmp_path / "cut.h5").write_bytes(path.read_bytes()[:-100])
    (tmp_path / "text.h5").write_text("weights")
    for name, message in [
        ("absent.h5", "no such file"),
        ("cut.h5", "cannot be read as an HDF5 file: .*truncated"),
        ("text.h5", "cannot be read as an HDF5 file: .*signature not found"),
    ]:
        with pytest.raises(ModelError, match=rf"{name}: {message}"):
            load_published(tmp_path / name)
