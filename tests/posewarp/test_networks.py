import keras
import numpy as np
import pytest

from posewarp.errors import ModelError
from posewarp.networks import Discriminator, Generator, ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY, UPPER_BODY

SMALL = ModelConfig(UPPER_BODY, image_size=64, width=0.125)
RUNS = [("full_body", 64), ("upper_body", 64), ("full_body", 256), ("upper_body", 256)]


def random_inputs(config, batch=2):
    random = np.random.default_rng(0)
    inputs = {
        key: random.uniform(0, 1, (batch, *tensor.shape[1:])).astype("float32")
        for key, tensor in Generator(config).input.items()
    }
    inputs["transforms"][:] = np.eye(2, 3)[..., None]
    return inputs


@pytest.mark.parametrize(("skeleton", "size"), RUNS)
def test_generator_and_its_layers_equal_the_published_ones(reference, skeleton, size):
    recorded = reference(skeleton, size)
    generator = recorded.generator()
    names = ["mask_source", "background", "foreground", "foreground_mask", "output"]
    layers = keras.Model(
        generator.input, {name: generator.get_layer(name).output for name in names}
    )
    outputs = layers.predict_on_batch(recorded.inputs(0))

    arrays = recorded.arrays

    def at(name, where):
        values = outputs[name]
        values = values[..., ::-1] if values.shape[-1] == 3 else values
        return values.ravel()[arrays[where]]

    np.testing.assert_allclose(at("mask_source", "mask_at"), arrays["mask_values"], atol=1e-4)
    for name, values in [("background",) * 2, ("foreground",) * 2, ("output",) * 2]:
        np.testing.assert_allclose(
            at(name, "output_at"), arrays[f"{values}_values"], atol=1e-4, err_msg=name
        )
    assert outputs["foreground_mask"].mean() == pytest.approx(
        arrays["foreground_mask_mean"], abs=1e-4
    )
    np.testing.assert_allclose(
        outputs["output"][..., ::-1].mean((0, 1, 2)), arrays["output_mean"], atol=1e-4
    )


@pytest.mark.parametrize(("skeleton", "size"), RUNS)
def test_discriminator_equals_the_published_one(reference, skeleton, size):
    recorded = reference(skeleton, size)
    discriminator = recorded.discriminator()
    inputs = recorded.inputs(0)
    generated = recorded.generator().predict_on_batch(inputs)
    probabilities = [
        discriminator.predict_on_batch(
            {key: inputs[key] for key in ("source_volume", "target_volume")} | {"image": image}
        )[0]
        for image in (recorded.pair(0)[-1], generated)
    ]
    np.testing.assert_allclose(
        probabilities, recorded.arrays["discriminator_probabilities"], atol=1e-4
    )


def test_full_size_networks_have_the_published_number_of_parameters():
    config = ModelConfig(FULL_BODY)
    assert Generator(config).count_params() == 7_863_314
    assert Discriminator(config).count_params() == 6_625_409


@pytest.mark.parametrize("network", [Generator, PlainUNet])
def test_a_saved_network_gives_identical_outputs_and_knows_its_configuration(network, tmp_path):
    model = network(SMALL)
    inputs = random_inputs(SMALL)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.config == SMALL
    np.testing.assert_array_equal(loaded.predict_on_batch(inputs), model.predict_on_batch(inputs))


def test_background_noise_is_fresh_in_training_and_absent_at_inference():
    model = Generator(SMALL)
    inputs = random_inputs(SMALL)

    def background(training):
        layer = keras.Model(model.input, model.get_layer("background").output)
        return np.array(layer(inputs, training=training))

    np.testing.assert_array_equal(background(False), background(False))
    assert np.abs(background(True) - background(True)).max() > 1e-3


def test_a_batch_gives_what_its_examples_give_one_by_one():
    model = Generator(SMALL)
    inputs = random_inputs(SMALL)
    one_by_one = [
        model.predict_on_batch({key: value[i : i + 1] for key, value in inputs.items()})
        for i in range(2)
    ]
    np.testing.assert_allclose(
        model.predict_on_batch(inputs), np.concatenate(one_by_one), atol=1e-5
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("image_size", 100),
        ("image_size", 32),
        ("image_size", 0),
        ("width", 0),
        ("background_noise", -1),
    ],
)
def test_a_configuration_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ModelError, match=f"{field}: expected .*got {value}"):
        ModelConfig(**{field: value})
