"""Exports a trained model for use without this project, and verifies that it still does the same.

python -m eval.export --model=runs/mine --output=models/mine/1

`--format=saved_model` is for TensorFlow and TensorFlow Serving, from photo to photo; `keras` is a
`PoseTransfer` as a Keras file, to be loaded with this project; `onnx` and `litert` hold the
network alone, which is what those formats can carry. docs/serving.md says how each is called.
The output is a new folder; `model.json` in it describes the joints and the calls.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import keras
import numpy as np
from absl import flags, logging

import posewarp
from eval.signatures import (
    MAX_COORDINATE,
    MAX_FILES,
    MAX_PIXELS,
    MAX_SIDE,
    serving_signatures,
)
from posewarp.crops import person_crop
from posewarp.errors import ModelError, UsageError
from posewarp.program import quiet_stderr, run
from posewarp.transfer import PoseTransfer
from posewarp.volumes import network_inputs

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "model", None, "upper_body or full_body, which ship; a run directory; or a .keras file."
)
flags.DEFINE_bool("sharp", True, "Whether the photo's own detail is added, where photos go in.")
flags.DEFINE_string("output", None, "New folder to write.")
flags.DEFINE_enum(
    "format", "saved_model", ["saved_model", "keras", "onnx", "litert"], "What to write."
)

DESCRIPTION = "model.json"
FILES = {"saved_model": ".", "keras": "model.keras", "onnx": "model.onnx", "litert": "model.tflite"}
"""The model within the output folder, by format."""
SIGNATURES = {
    "saved_model": ("serving_default", "encoded", "network"),
    "keras": ("serving_default",),
    "onnx": ("network",),
    "litert": ("network",),
}
PACKAGES = {
    "onnx": {"onnx": "onnx", "onnxruntime": "onnxruntime", "tf2onnx": "tf2onnx"},
    "litert": {"ai-edge-litert": "ai_edge_litert"},
}
"""What a format needs beyond this project's requirements: modules by distribution."""
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
BOUNDS = {
    "largest_photo_side": MAX_SIDE,
    "most_pixels_of_a_batch": MAX_PIXELS,
    "most_files_of_a_batch": MAX_FILES,
    "largest_coordinate": MAX_COORDINATE,
}
TOLERANCE = {"uint8": 1, "float32": 1 / 255}
"""How far an exported model may be from the model itself."""
TRIAL_SIZES = ((3, 90, 120), (1, 200, 140))
"""Photos, height and width of the trial batches."""

Calls = list[tuple[str, dict[str, np.ndarray]]]


def trial_calls(model: PoseTransfer, signatures: tuple[str, ...]) -> Calls:
    """Makes calls on which an exported model has to do what the model does.

    Noise in batches and photos of two sizes; random poses, one of them with a missing joint and
    one without any joint.

    Returns:
        List of (signature, arrays by name).
    """
    random = np.random.default_rng(0)
    config = model.config
    calls = []
    for count, height, width in TRIAL_SIZES:
        photo = random.integers(0, 256, (count, height, width, 3), "uint8")
        # Few random poses are a person whose size can be measured; those come first.
        shape = (2, 256, len(config.skeleton.joints), 2)
        source, target = random.uniform(0, (width, height), shape).astype("float32")
        crops = np.array(person_crop(source, target, config.skeleton, config.image_size))
        order = np.argsort(~np.isfinite(crops).all(axis=(1, 2)), kind="stable")[:count]
        source, target = source[order], target[order]
        target[0, -1] = np.nan
        source[2:] = np.nan
        joints = {"source_joints": source, "target_joints": target}

        files = [
            cv2.imencode((".jpg", ".png")[index % 2], item[..., ::-1])[1].tobytes()
            for index, item in enumerate(photo)
        ]
        size = config.image_size
        image = random.uniform(-1, 1, (count, size, size, 3)).astype("float32")
        scaled = (pose * (size / max(height, width)) for pose in (source, target))
        tensors = network_inputs(image, *scaled, config.skeleton, size)
        arrays = {
            "serving_default": {"photo": photo, **joints},
            "encoded": {"photo_bytes": np.array(files), **joints},
            "network": {name: np.array(tensor) for name, tensor in tensors.items()},
        }
        calls += [(signature, arrays[signature]) for signature in signatures]
    return calls


def answer(model: PoseTransfer, signature: str, inputs: dict[str, np.ndarray]) -> dict:
    """What a model gives in this process for a call: arrays by name, or a list of photos."""
    if signature == "network":
        return {"image": np.array(model.generator(inputs, training=False))}
    if signature == "serving_default":
        made = model(inputs, training=False)
        return {name: np.array(tensor) for name, tensor in made.items()}
    photos = []
    for index, photo in enumerate(_items(inputs["photo_bytes"])):
        item = {**{name: array[[index]] for name, array in inputs.items()}, "photo": photo[None]}
        del item["photo_bytes"]
        photos.append(np.array(model(item, training=False)["photo"][0]))
    return {"photo_bytes": photos}


def _items(batch):
    """A batch item by item, decoded if it is of files."""
    if isinstance(batch, np.ndarray) and batch.dtype.kind == "S":
        files = (np.frombuffer(data, "uint8") for data in batch.tolist())
        return [cv2.imdecode(file, cv2.IMREAD_COLOR)[..., ::-1] for file in files]
    return list(batch)


def verify(model: PoseTransfer, calls: Calls, results: list[dict[str, np.ndarray]]):
    """Checks that an exported model's results are the model's.

    Raises:
        ModelError: A name, a shape or a value differs.
    """
    for (signature, inputs), made in zip(calls, results, strict=True):
        wanted = answer(model, signature, inputs)
        if set(made) != set(wanted):
            raise ModelError(f"{signature}: expected {sorted(wanted)}, got {sorted(made)}")
        for name, batch in wanted.items():
            for theirs, ours in zip(_items(made[name]), _items(batch), strict=True):
                if theirs.shape != ours.shape or theirs.dtype != ours.dtype:
                    raise ModelError(
                        f"{signature}: {name}: expected {ours.dtype} {ours.shape}, got "
                        f"{theirs.dtype} {theirs.shape}"
                    )
                difference = np.abs(theirs.astype("float32") - ours.astype("float32")).max()
                if not difference <= TOLERANCE[ours.dtype.name]:
                    raise ModelError(
                        f"{signature}: {name}: differs from the model's by up to {difference:g}; "
                        "nothing was written"
                    )


def run_isolated(path: Path, calls: Calls) -> list[dict[str, np.ndarray]]:
    """Calls an exported model in a process of its own, elsewhere and without this project.

    Raises:
        ModelError: The process failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("calls.npz", "results.npz")]
        np.savez(files[0], **{
            f"{number}/{signature}/{name}": array
            for number, (signature, inputs) in enumerate(calls)
            for name, array in inputs.items()
        })  # fmt: skip
        program = Path(__file__).resolve().with_name("isolated_run.py")
        done = subprocess.run(
            [sys.executable, "-I", program, path.resolve(), *files],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
            raise ModelError(f"the exported model does not run without this project: {reason}")
        results = [{} for _ in calls]
        for key, array in np.load(files[1]).items():
            number, _, name = key.split("/")
            results[int(number)][name] = array
    return results


def write(model: PoseTransfer, form: str, path: Path):
    """Writes a model in a format.

    Raises:
        ModelError: The format cannot carry it.
    """
    if form == "saved_model":
        archive = keras.export.ExportArchive()
        archive.track(model)
        for name, function in serving_signatures(model).items():
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


def describe(model: PoseTransfer, form: str, calls: Calls, results: list[dict]) -> dict:
    """What `model.json` says; sizes that differed between the calls are null."""
    config = model.config
    signatures = {}
    for signature in SIGNATURES[form]:
        made = [index for index, (name, _) in enumerate(calls) if name == signature]
        signatures[signature] = {
            "inputs": _described([calls[index][1] for index in made]),
            "outputs": _described([results[index] for index in made]),
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


def _described(batches):
    described = {}
    for name in batches[0]:
        arrays = [batch[name] for batch in batches]
        dtype = "string" if arrays[0].dtype.kind == "S" else arrays[0].dtype.name
        shapes = zip(*(array.shape for array in arrays), strict=True)
        shape = [sizes[0] if len(set(sizes)) == 1 else None for sizes in shapes]
        described[name] = {"dtype": dtype, "shape": shape, "values": VALUES[name]}
    return described


def export(model: PoseTransfer, form: str, folder: Path):
    """Writes a model and its description into a folder, and verifies what the file gives."""
    path = folder / FILES[form]
    logging.info("Writing %s", form)
    with quiet_stderr():
        write(model, form, path)
    logging.info("Verifying it on trial calls, without this project")
    with quiet_stderr():
        calls = trial_calls(model, SIGNATURES[form])
        if form == "keras":
            again = keras.saving.load_model(path)
            results = [answer(again, *call) for call in calls]
        else:
            results = run_isolated(path, calls)
        verify(model, calls, results)
    description = json.dumps(describe(model, form, calls, results), indent=2)
    (folder / DESCRIPTION).write_text(description + "\n", encoding="utf-8")


def require_packages(form: str):
    """Checks that what a format needs is installed.

    Raises:
        UsageError: It is not; the message says what to install.
    """
    packages = PACKAGES.get(form, {})
    if any(importlib.util.find_spec(module) is None for module in packages.values()):
        raise UsageError(
            f"--format={form}: needs {', '.join(packages)}: pip install --editable '.[export]'"
        )


def main():
    """Exports, and renames the folder to its name once all is verified."""
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
