"""Runs an exported model in a process that has no part of this project.

python -I eval/isolated_run.py <model> <calls.npz> <results.npz>

The model is the folder of a SavedModel, an .onnx or a .tflite file. Arrays are named
`<call>/<signature>/<tensor>`, in both files.
"""

import os
import sys
from collections import defaultdict

import numpy as np


def saved_model(path):
    """Gives a function of (signature, inputs) that calls a SavedModel."""
    import tensorflow as tf

    loaded = tf.saved_model.load(path)

    def call(signature, inputs):
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        made = {name: t.numpy() for name, t in loaded.signatures[signature](**tensors).items()}
        # TensorFlow gives bytes as objects, which would have to be pickled.
        return {name: x.astype("S") if x.dtype == object else x for name, x in made.items()}

    return call


def onnx(path):
    """Gives a function of (signature, inputs) that calls an ONNX model; it has one signature."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path)
    names = [output.name for output in session.get_outputs()]
    return lambda _, inputs: dict(zip(names, session.run(None, inputs), strict=True))


def tflite(path):
    """Gives a function of (signature, inputs) that calls a LiteRT model; it has one signature."""
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(model_path=path).get_signature_runner()
    return lambda _, inputs: runner(**inputs)


def main(path, calls, results):
    """Makes the calls of one file and writes what they give to the other."""
    call = {".onnx": onnx, ".tflite": tflite}.get(os.path.splitext(path)[1], saved_model)(path)
    inputs = defaultdict(dict)
    for key, array in np.load(calls).items():
        number, signature, name = key.split("/")
        inputs[number, signature][name] = array
    made = {}
    for (number, signature), arrays in inputs.items():
        for name, array in call(signature, arrays).items():
            made[f"{number}/{signature}/{name}"] = array
    np.savez(results, **made)


if __name__ == "__main__":
    # An editable installation would be found even by `python -I`.
    sys.modules.update(dict.fromkeys(("posewarp", "data", "train", "eval")))
    main(*sys.argv[1:])
