import keras
import numpy as np
import pytest
from published_layout import standing_person

from posewarp.errors import ModelError
from posewarp.networks import Discriminator, Generator, ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY, UPPER_BODY
from posewarp.volumes import network_inputs

SMALL = ModelConfig(UPPER_BODY, image_size=64, width=0.125)
RUNS = [("full_body", 64), ("upper_body", 64), ("full_body", 256), ("upper_body", 256)]


def random_inputs(model):
    """Two examples, whose limbs move differently."""
    random = np.random.default_rng(0)
    inputs = {
        key: random.uniform(0, 1, (2, *tensor.shape[1:])).astype("float32")
        for key, tensor in model.input.items()
    }
    inputs["transforms"] += np.eye(2, 3, dtype="float32")[..., None]
    return inputs


@pytest.mark.parametrize(("skeleton", "size"), RUNS)
def test_networks_and_loss_equal_the_published_ones(reference, reference_loss, skeleton, size):
    recorded = reference(skeleton, size)
    arrays, inputs, target = recorded.arrays, recorded.inputs(0), recorded.pair(0)[-1]
    generator = recorded.generator()
    names = ["mask_source", "background", "foreground", "foreground_mask", "output"]
    layers = {name: generator.get_layer(name).output for name in names}
    outputs = keras.Model(generator.input, layers).predict_on_batch(inputs)
    mask = outputs["mask_source"].ravel()[arrays["mask_at"]]
    np.testing.assert_allclose(mask, arrays["mask_values"], atol=1e-4)
    for name in ("background", "foreground", "output"):
        found = outputs[name][..., ::-1].ravel()[arrays["output_at"]]
        np.testing.assert_allclose(found, arrays[f"{name}_values"], atol=1e-4, err_msg=name)
    for name, found in (
        ("foreground_mask_mean", outputs["foreground_mask"].mean()),
        ("output_mean", outputs["output"][..., ::-1].mean((0, 1, 2))),
    ):
        np.testing.assert_allclose(found, arrays[name], atol=1e-4)

    discriminator = recorded.discriminator()
    volumes = {name: inputs[name] for name in ("source_volume", "target_volume")}
    probabilities = [
        discriminator.predict_on_batch({**volumes, "image": image})[0]
        for image in (target, outputs["output"])
    ]
    np.testing.assert_allclose(probabilities, arrays["discriminator_probabilities"], atol=1e-4)

    loss = float(reference_loss(target, outputs["output"]))
    assert loss == pytest.approx(arrays["perceptual_loss"], rel=1e-4)


def test_full_size_networks_have_the_published_number_of_parameters():
    config = ModelConfig(FULL_BODY)
    assert Generator(config).count_params() == 7_863_314
    assert Discriminator(config).count_params() == 6_625_409


@pytest.mark.parametrize("network", [Generator, PlainUNet])
def test_a_saved_network_is_the_same_and_gives_each_example_what_it_gives_a_batch(
    network, tmp_path
):
    model = network(SMALL)
    inputs = random_inputs(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.config == SMALL
    outputs = model.predict_on_batch(inputs)
    np.testing.assert_array_equal(loaded.predict_on_batch(inputs), outputs)
    for index in range(2):
        alone = loaded.predict_on_batch({key: value[[index]] for key, value in inputs.items()})
        np.testing.assert_allclose(alone[0], outputs[index], atol=1e-5)


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("skeleton", [FULL_BODY, UPPER_BODY], ids=lambda skeleton: skeleton.name)
def test_an_untrained_generator_shows_the_photo_in_its_own_pose(skeleton, size):
    # Colours of all brightnesses, in patches.
    patches = np.random.default_rng(0).uniform(-1, 1, (4, 8, 8, 3)).astype("float32")
    photo = np.array(keras.ops.image.resize(patches, (size, size), "bicubic")).clip(-1, 1)
    columns = [FULL_BODY.joints.index(name) for name in skeleton.joints]
    joints = ((standing_person(4)[:, columns] - [60, 30]) * size / 220).astype("float32")
    inputs = network_inputs(photo, joints, joints, skeleton, size)
    inputs = {name: np.array(tensor) for name, tensor in inputs.items()}

    def psnr(width, **start):
        made = np.array(Generator(ModelConfig(skeleton, size, width), **start)(inputs))
        return -10 * np.log10(np.mean(np.square((made - photo) / 2)))

    assert psnr(0.5) > 26
    assert psnr(0.5, start="random") < 15
    assert psnr(0.1) < 15  # too narrow for it


@pytest.mark.parametrize("size", [64, 128])
def test_an_untrained_discriminator_passes_its_image_on(size):
    keras.utils.set_random_seed(0)
    discriminator = Discriminator(ModelConfig(UPPER_BODY, size, width=0.25))
    last = keras.Model(discriminator.input, discriminator.get_layer("dense_1").output)
    inputs = {name: np.zeros((4, *x.shape[1:]), "float32") for name, x in last.input.items()}
    inputs["image"] = np.random.default_rng(0).uniform(-1, 1, inputs["image"].shape)
    # With Glorot's initial weights 0.02, and the last layer would learn nothing for long.
    assert np.std(last.predict_on_batch(inputs)) > 0.2
    np.testing.assert_array_equal(discriminator.predict_on_batch(inputs), 0.5)


def test_background_noise_is_fresh_in_training_and_absent_at_inference():
    model = Generator(SMALL)
    background = keras.Model(model.input, model.get_layer("background").output)
    for training, differs in ((False, False), (True, True)):
        one, other = (background(random_inputs(model), training=training) for _ in range(2))
        assert (np.abs(one - other).max() > 1e-3) == differs


def test_a_configuration_out_of_range_is_refused_by_name():
    sizes = [("image_size", size) for size in (100, 32, 0)]
    for field, value in [*sizes, ("width", 0), ("background_noise", -1)]:
        with pytest.raises(ModelError, match=f"{field}: expected .*got {value}"):
            ModelConfig(**{field: value})
