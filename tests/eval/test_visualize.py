import cv2
import numpy as np


def test_a_figure_has_a_row_per_example_and_a_column_per_layer(
    succeed, published_data, model, tmp_path
):
    flags = {"run_dir": model, "data_dir": published_data, "split": "train", "examples": 2}
    sizes = []
    for layers in (False, True):
        output = tmp_path / "figures" / f"{layers}.png"
        done = succeed("eval.visualize", **flags, layers=layers, output=output)
        assert "2 examples" in done.stdout and done.stderr == ""
        picture = cv2.imread(str(output))
        assert len(np.unique(picture)) > 100
        sizes.append(picture.shape[:2])
    (height, width), (height_with_layers, width_with_layers) = sizes
    assert height == height_with_layers > 2 * 192
    assert width > 5 * 192 and width_with_layers > 10 * 192
