import cv2
import numpy as np


def test_a_figure_has_a_row_per_example_and_a_column_per_layer(
    program, published_data, model, tmp_path
):
    flags = {"run_dir": model, "data_dir": published_data, "split": "train", "examples": 2}
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
