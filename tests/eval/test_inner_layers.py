import numpy as np

from eval.inner_layers import LAYERS, layer_pictures, with_inner_layers


def test_modules_outputs_become_pictures_in_range(transfer_model):
    generator, random = transfer_model.generator, np.random.default_rng(0)
    inputs = {
        name: random.uniform(-1, 1, (2, *tensor.shape[1:])).astype("float32")
        for name, tensor in generator.input.items()
    }
    results = with_inner_layers(generator).predict_on_batch(inputs)
    assert set(results) == {"output", *LAYERS}
    assert set(with_inner_layers(generator, layers=False).output) == {"output"}
    for name, picture in layer_pictures(results).items():
        grey = picture.ndim == 3
        assert picture.shape == ((2, 64, 64) if grey else (2, 64, 64, 3)), name
        assert (0 if grey else -1) <= picture.min() <= picture.max() <= 1, name
