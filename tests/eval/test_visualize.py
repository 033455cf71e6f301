import cv2
import numpy as np
import pytest

from posewarp.networks import Discriminator, Generator, ModelConfig, PlainUNet
from posewarp.skeleton import FULL_BODY

CONFIG = ModelConfig(FULL_BODY, image_size=64, width=0.05)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    Generator(CONFIG).save(folder / "generator.keras")
    return folder


def test_a_figure_has_a_row_per_example_and_a_column_per_layer(
    program, published_data, run_dir, tmp_path
):
    flags = {"run_dir": run_dir, "data_dir": published_data, "split": "train", "examples": 2}
    shapes = []
    for layers in (False, True):
        output = tmp_path / "figures" / f"{layers}.png"
        done = program("eval.visualize", **flags, layers=layers, output=output)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        assert "2 examples" in done.stdout
        picture = cv2.imread(str(output))
        assert len(np.unique(picture)) > 100
        shapes.append(picture.shape)
    (height, width, _), (height_with_layers, width_with_layers, _) = shapes
    assert height == height_with_layers > 2 * 192
    assert width > 5 * 192
    assert width_with_layers > 10 * 192


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"run_dir": ""}, "--run_dir is required"),
        ({"run_dir": "absent"}, "absent: expected a run directory or an existing .keras file"),
        ({"run_dir": "tests"}, "generator.keras: no such file"),
        ({"split": "test"}, "test/frames: no such folder"),
        ({"output": "figure.xyz"}, "figure.xyz: expected a file name that ends in"),
    ],
)
def test_bad_input_is_one_line(flags, message, program, assert_refused, published_data, run_dir):
    given = {"run_dir": run_dir, "data_dir": published_data, "split": "train", "output": "x.png"}
    assert_refused(program("eval.visualize", **{**given, **flags}), message)


def test_a_model_of_another_kind_is_refused(program, assert_refused, published_data, tmp_path):
    given = {"data_dir": published_data, "split": "train", "output": tmp_path / "x.png"}
    Discriminator(CONFIG).save(tmp_path / "discriminator.keras")
    done = program("eval.visualize", **given, run_dir=tmp_path / "discriminator.keras")
    assert_refused(done, "expected a generator, got a Discriminator")
    (tmp_path / "broken.keras").write_bytes(b"PK")
    done = program("eval.visualize", **given, run_dir=tmp_path / "broken.keras")
    assert_refused(done, "broken.keras: cannot be loaded as a model")
    PlainUNet(CONFIG).save(tmp_path / "unet.keras")
    done = program("eval.visualize", **given, run_dir=tmp_path / "unet.keras", layers=True)
    assert_refused(done, "--layers: a PlainUNet has no modules")
