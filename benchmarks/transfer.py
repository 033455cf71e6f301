"""How long a photo takes: through `PoseTransfer`, an exported SavedModel, and from a cold start.

python -m benchmarks.transfer [--model=<run directory or .keras file>]

Without --model, the network is an untrained one of the published width, which takes as long.
"""

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf
from absl import flags

from benchmarks.measuring import medians, table
from data.drawing import write_image
from data.samples import signing_frames
from eval.animation import animate, sequence_crop
from eval.signatures import serving_signatures
from posewarp.networks import Generator, ModelConfig
from posewarp.program import run
from posewarp.saving import load_network
from posewarp.skeleton import FULL_BODY
from posewarp.transfer import PoseTransfer

FLAGS = flags.FLAGS
flags.DEFINE_string("model", None, "Run directory, or a .keras file, of a full-body network.")
flags.DEFINE_integer("image_size", 256, "Height and width of an untrained network's images.")
flags.DEFINE_float("width", 1.0, "Factor on an untrained network's filters.", lower_bound=0.01)
flags.DEFINE_integer("photo_size", 1024, "Height of the photo.", lower_bound=64)
flags.DEFINE_integer("repeats", 7, "Timings of each.", lower_bound=1)
flags.DEFINE_integer("cold_starts", 3, "Timings of each cold start.", lower_bound=1)

FRAMES, FRAMES_AT_ONCE = 16, 4
SERVE = """
import sys
import numpy as np
import tensorflow as tf
call = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
arrays = np.load(sys.argv[2])
call(**{name: tf.constant(arrays[name]) for name in arrays})
"""


def main():
    """Prints the table."""
    config = ModelConfig(FULL_BODY, FLAGS.image_size, FLAGS.width)
    network = load_network(FLAGS.model) if FLAGS.model else Generator(config)
    model = PoseTransfer(network)
    frames = list(itertools.islice(signing_frames("A"), FRAMES))
    scale = FLAGS.photo_size / frames[0][0].image.shape[0]
    photo = cv2.resize(frames[0][0].image, None, fx=scale, fy=scale)
    poses = scale * np.stack([joints for _, joints in frames])
    call = {
        "photo": photo[None],
        "source_joints": poses[:1].astype("float32"),
        "target_joints": poses[-1:].astype("float32"),
    }
    crop = sequence_crop(poses[0], poses, FULL_BODY, model.config.image_size)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        network.save(folder / "network.keras")
        tf.get_logger().setLevel("WARNING")  # or it says where its assets are
        tf.saved_model.save(model, str(folder / "served"), signatures=serving_signatures(model))
        served = tf.saved_model.load(str(folder / "served")).signatures["serving_default"]
        tensors = {name: tf.constant(array) for name, array in call.items()}
        found = medians(
            {
                "PoseTransfer.transfer": lambda: model.transfer(photo, poses[0], poses[-1]),
                "SavedModel, serving_default": lambda: served(**tensors)["photo"].numpy(),
                f"animation, of {FRAMES} frames": lambda: list(
                    animate(model, photo, poses[0], poses, crop, FRAMES_AT_ONCE)
                ),
            },
            FLAGS.repeats,
        )
        write_image(folder / "photo.png", photo)
        np.savez(folder / "call.npz", **call)
        for name, joints in (("source", poses[0]), ("target", poses[-1])):
            by_name = dict(zip(FULL_BODY.joints, joints.tolist(), strict=True))
            (folder / f"{name}.json").write_text(json.dumps(by_name))
        transfer = [sys.executable, "-m", "eval.transfer", f"--model={folder / 'network.keras'}"]
        transfer += [f"--source={folder / 'photo.png'}", f"--output={folder / 'out.png'}"]
        transfer += [f"--{name}_joints={folder / name}.json" for name in ("source", "target")]
        serve = [sys.executable, "-c", SERVE, str(folder / "served"), str(folder / "call.npz")]
        commands = {"python -m eval.transfer": transfer, "SavedModel": serve}
        found |= medians(
            {
                f"cold start, {name}": lambda command=command: subprocess.run(
                    command, check=True, capture_output=True
                )
                for name, command in commands.items()
            },
            FLAGS.cold_starts,
        )
    print(
        f"{model.config.image_size} px, width {model.config.width:g}, "
        f"photo of {FLAGS.photo_size} x {FLAGS.photo_size}"
    )
    rows = []
    for name, median in found.items():
        pictures = FRAMES if name.startswith("animation") else 1
        rows.append([name, f"{median:.3f}", f"{pictures / median:.2f}"])
    print(table(rows, ["", "s", "pictures/s"]))


if __name__ == "__main__":
    run(main)
