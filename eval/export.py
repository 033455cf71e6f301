"""Exports a trained model for use without this project, and verifies that it still does the same.

python -m eval.export --model=runs/mine --output=models/mine/1

`--format=saved_model` is for TensorFlow and TensorFlow Serving, from photo to photo; `keras` is a
`PoseTransfer` as a Keras file, to be loaded with this project; `onnx` and `litert` hold the
network alone, which is what those formats can carry. docs/serving.md says how each is called.
The output is a new folder; `model.json` in it describes the joints and the calls.
"""

import importlib.util
import itertools
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import keras
import numpy as np
from absl import flags, logging

import posewarp
from data.files import write_json
from eval.signatures import BOUNDS, serving_signatures
from posewarp.crops import person_crop
from posewarp.errors import ModelError, UsageError
from posewarp.program import quiet_stderr, run
from posewarp.transfer import PoseTransfer
from posewarp.volumes import network_inputs

FLAGS = flags.FLAGS
FILES = {"saved_model": ".", "keras": "model.keras", "onnx": "model.onnx", "litert": "model.tflite"}
"""The model within the output folder, by format."""
flags.DEFINE_string(
    "model", None, "upper_body or full_body, which ship; a run directory; or a .keras file."
)
flags.DEFINE_bool("sharp", True, "Whether the photo's own detail is added, where photos go in.")
flags.DEFINE_string("output", None, "New folder to write.")
flags.DEFINE_enum("format", "saved_model", FILES, "What to write.")

DESCRIPTION = "model.json"
SIGNATURES = {
    "saved_model": ("serving_default", "encoded", "network"),
    "keras": ("serving_default",),
    "onnx": ("network",),
    "litert": ("network",),
}
PACKAGES = {"onnx": ("onnx", "onnxruntime", "tf2onnx"), "litert": ("ai_edge_litert",)}
"""Modules that a format needs beyond this project's requirements."""
VALUES = {
    "photo": "RGB, 0 to 255",
    "crop": "RGB, 0 to 255",
    "photo_bytes": "JPEG or PNG files in, PNG files out",
    "source_joints": "(x, y) in pixels, 0 at the centre of the first pixel; NaN where missing",
    "target_joints": "(x, y) in pixels of the same photo; NaN where missing",
    "source_image": "RGB, -1 to 1",
    "source_volume": "0 to 1",
    "target_volume": "0 to 1",
    "mask_prior": "natural logarithms of 0 to 1",
    "transforms": "2 x 3 maps from target to source pixels, background first",
    "image": "RGB, -1 to 1",
}
TOLERANCE = {"uint8": 1, "float32": 1 / 255}
"""How far an exported model may be from the model itself."""
TRIAL_SIZES = ((3, 90, 120), (1, 200, 140))
"""Photos, height and width of the trial batches."""

Arrays = dict[str, np.ndarray]
Calls = list[tuple[str, Arrays]]
"""Names of signatures and what goes into them; files are bytes in an array of objects."""


def trial_calls(model: PoseTransfer, signatures: tuple[str, ...]) -> Calls:
    """Makes calls on which an exported model has to do what the model does.

    Noise in batches and photos of two sizes; random poses, one of them with a missing joint and
    one without any joint.
    """
    random, calls = np.random.default_rng(0), []
    skeleton, size = model.config.skeleton, model.config.image_size
    for count, height, width in TRIAL_SIZES:
        photo = random.integers(0, 256, (count, height, width, 3), "uint8")
        # Few random poses are a person whose size can be measured; those come first.
        shape = (2, 256, len(skeleton.joints), 2)
        source, target = random.uniform(0, (width, height), shape).astype("float32")
        crops = np.array(person_crop(source, target, skeleton, size))
        order = np.argsort(~np.isfinite(crops).all(axis=(1, 2)), kind="stable")[:count]
        source, target = source[order], target[order]
        target[0, -1] = np.nan
        source[2:] = np.nan
        joints = {"source_joints": source, "target_joints": target}
        suffixes = itertools.cycle((".jpg", ".png"))
        files = [cv2.imencode(next(suffixes), item)[1].tobytes() for item in photo]
        image = random.uniform(-1, 1, (count, size, size, 3)).astype("float32")
        scaled = (pose * (size / max(height, width)) for pose in (source, target))
        tensors = network_inputs(image, *scaled, skeleton, size)
        arrays = {
            "serving_default": {"photo": photo, **joints},
            "encoded": {"photo_bytes": np.array(files, object), **joints},
            "network": {name: np.array(tensor) for name, tensor in tensors.items()},
        }
        calls += [(signature, arrays[signature]) for signature in signatures]
    return calls


def answers(functions: Mapping, calls: Calls) -> list[Arrays]:
    """What the functions of `serving_signatures` give for calls."""
    return [
        {name: tensor.numpy() for name, tensor in functions[signature](inputs).items()}
        for signature, inputs in calls
    ]


def verify(calls: Calls, wanted: list[Arrays], results: list[Arrays]):
    """Checks that an exported model's results are those that are wanted; else ModelError."""
    for (signature, _), ours, theirs in zip(calls, wanted, results, strict=True):
        if set(theirs) != set(ours):
            raise ModelError(f"{signature}: expected {sorted(ours)}, got {sorted(theirs)}")
        for name in ours:
            for made, item in zip(_items(theirs[name]), _items(ours[name]), strict=True):
                if made.shape != item.shape or made.dtype != item.dtype:
                    raise ModelError(
                        f"{signature}: {name}: expected {item.dtype} {item.shape}, got "
                        f"{made.dtype} {made.shape}"
                    )
                difference = np.abs(made.astype("float32") - item.astype("float32")).max()
                if not difference <= TOLERANCE[item.dtype.name]:
                    raise ModelError(
                        f"{signature}: {name}: differs from the model's by up to {difference:g}; "
                        "nothing was written"
                    )


def _items(batch):
    """A batch item by item, decoded if it is of files."""
    if batch.dtype != object:
        return list(batch)
    return [cv2.imdecode(np.frombuffer(file, "uint8"), cv2.IMREAD_COLOR) for file in batch]


def run_isolated(path: Path, calls: Calls) -> list[Arrays]:
    """Calls an exported model in a process of its own, elsewhere and without this project."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = (Path(folder) / name for name in ("calls", "results"))
        given.write_bytes(pickle.dumps(calls))
        program = Path(__file__).resolve().with_name("isolated_run.py")
        done = subprocess.run(
            [sys.executable, "-I", program, path.resolve(), given, made],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
            raise ModelError(f"the exported model does not run without this project: {reason}")
        return pickle.loads(made.read_bytes())


def write(model: PoseTransfer, functions: Mapping, form: str, path: Path):
    """Writes a model and its serving functions in a format; ModelError if that cannot carry it."""
    if form == "saved_model":
        archive = keras.export.ExportArchive()
        archive.track(model)
        for name, function in functions.items():
            function.get_concrete_function()
            archive.add_endpoint(name, function)
        archive.write_out(str(path), verbose=False)
    elif form == "keras":
        model.save(path)
    else:
        network = model.generator
        named = keras.Model(network.input, {"image": network.output})
        try:
            signature = [dict(network.input)]
            named.export(str(path), format=form, input_signature=signature, verbose=False)
        except Exception as error:  # the converters raise whatever they stumble over
            raise ModelError(f"--format={form}: cannot carry this network: {error}") from error


def describe(model: PoseTransfer, functions: Mapping, form: str) -> dict:
    """What `model.json` says; sizes that may be any are null."""
    config = model.config
    signatures = {}
    for name in SIGNATURES[form]:
        function = functions[name].get_concrete_function()
        signatures[name] = {
            "inputs": _described(function.structured_input_signature[0][0]),
            "outputs": _described(function.structured_outputs),
        }
    return {
        "format": form,
        "file": FILES[form],
        "posewarp_version": posewarp.__version__,
        "network": type(model.generator).__name__,
        "image_size": config.image_size,
        "skeleton": config.skeleton.name,
        "joints": list(config.skeleton.joints),
        "limbs": {limb.name: limb.joints for limb in config.skeleton.limbs},
        **(BOUNDS if form == "saved_model" else {}),
        "signatures": signatures,
    }


def _described(specs):
    return {
        name: {"dtype": spec.dtype.name, "shape": spec.shape.as_list(), "values": VALUES[name]}
        for name, spec in specs.items()
    }


def export(model: PoseTransfer, form: str, folder: Path):
    """Writes a model and its description into a folder, and verifies what the file gives."""
    path, functions = folder / FILES[form], serving_signatures(model)
    logging.info("Writing %s", form)
    with quiet_stderr():
        write(model, functions, form, path)
    logging.info("Verifying it on trial calls, without this project")
    with quiet_stderr():
        calls = trial_calls(model, SIGNATURES[form])
        if form == "keras":
            results = answers(serving_signatures(keras.saving.load_model(path)), calls)
        else:
            results = run_isolated(path, calls)
        verify(calls, answers(functions, calls), results)
    write_json(folder / DESCRIPTION, describe(model, functions, form))


def require_packages(form: str):
    """Checks that what a format needs is installed; else UsageError says what to install."""
    modules = PACKAGES.get(form, ())
    if not all(map(importlib.util.find_spec, modules)):
        packages = ", ".join(modules).replace("_", "-")
        raise UsageError(f"--format={form}: needs {packages}: pip install --editable '.[export]'")


def main():
    """Exports, and gives the folder its name once all is verified."""
    output = Path(FLAGS.output)
    if output.exists() or output.is_symlink():
        raise UsageError(f"--output: {output} exists: give a new name, or remove it first")
    require_packages(FLAGS.format)
    if keras.backend.backend() != "tensorflow":
        raise UsageError(f"KERAS_BACKEND: expected tensorflow, got {keras.backend.backend()}")
    model = PoseTransfer.load(FLAGS.model, FLAGS.sharp)
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    try:
        partial.mkdir(parents=True)
        export(model, FLAGS.format, partial)
        os.rename(partial, output)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"--output: {output}: cannot be written: {reason}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    print(f"{output}: {FLAGS.format} with {', '.join(SIGNATURES[FLAGS.format])}, verified")


if __name__ == "__main__":
    run(main, "model", "output")
