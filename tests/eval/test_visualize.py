import cv2
import numpy as np
import pytest

from posewarp.networks import Generator, ModelConfig
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
