"""Runs an exported model in a process that has no part of this project.

python -I eval/isolated_run.py <model> <calls> <results>

The model is the folder of a SavedModel, an .onnx or a .tflite file. Calls are a pickled list of
(signature, arrays by name), and results one of arrays by name.
"""

import pickle
import sys


def load(path):
    """Gives a function of (signature, inputs); all but SavedModels have one signature."""
    if path.endswith(".onnx"):
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        names = [output.name for output in session.get_outputs()]
        return lambda _, inputs: dict(zip(names, session.run(None, inputs), strict=True))
    if path.endswith(".tflite"):
        from ai_edge_litert.interpreter import Interpreter

        runner = Interpreter(model_path=path).get_signature_runner()
        return lambda _, inputs: runner(**inputs)
    import tensorflow as tf

    signatures = tf.saved_model.load(path).signatures

    def call(signature, inputs):
        tensors = {name: tf.constant(array) for name, array in inputs.items()}
        return {name: tensor.numpy() for name, tensor in signatures[signature](**tensors).items()}

    return call


def main(path, calls, results):
    """Makes the calls of one file and writes what they give to the other."""
    call = load(path)
    with open(calls, "rb") as file:
        made = [call(*values) for values in pickle.load(file)]
    with open(results, "wb") as file:
        pickle.dump(made, file)


if __name__ == "__main__":
    # An editable installation would be found even by `python -I`.
    sys.modules.update(dict.fromkeys(("posewarp", "data", "train", "eval")))
    main(*sys.argv[1:])
