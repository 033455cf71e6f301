"""A figure of what a trained model makes of pairs of frames.

python -m eval.visualize --model=runs/tennis --data_dir=<data set> --output=figure.png

One row per example: source, source pose, target pose, target, generated. `--layers` adds what
the network's modules made on the way.
"""

from pathlib import Path

import numpy as np
from absl import flags

from data.data_flags import log_left_out, read_split
from data.drawing import check_image_name, transfer_figure, write_image
from data.layouts import SPLITS
from data.pairs import Pairs
from data.pipeline import collate
from eval.inner_layers import layer_pictures, with_inner_layers
from posewarp.errors import UsageError
from posewarp.networks import Generator
from posewarp.program import run
from posewarp.saving import load_network

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "model", None, "Run directory, a .keras file, or upper_body or full_body, which ship."
)
flags.DEFINE_alias("run_dir", "model")
flags.DEFINE_enum("split", "test", SPLITS, "Split of the data set.")
flags.DEFINE_string("output", None, "PNG file to write.")
flags.DEFINE_integer("examples", 6, "Rows of the figure.", 1, 100)
flags.DEFINE_integer("seed", 0, "Seed of the choice of pairs.", lower_bound=0)
flags.DEFINE_bool("layers", False, "Add the outputs of the network's modules.")


def main():
    """Writes the figure."""
    check_image_name(FLAGS.output)
    model = load_network(FLAGS.model)
    pairs = Pairs(read_split(FLAGS.split), model.config, FLAGS.seed, fit=FLAGS.fit)
    log_left_out(pairs.left_out, FLAGS.split)
    if FLAGS.layers and not isinstance(model, Generator):
        raise UsageError(f"--layers: a {type(model).__name__} has no modules to show")
    # Video after video, so that a figure shows as many people as it can.
    examples = [pairs.example(index) for index in pairs.one_per_video(FLAGS.examples)]
    outputs = with_inner_layers(model, FLAGS.layers)
    # One at a time: a figure has few rows, and a batch of them may not fit into memory.
    results = [outputs.predict_on_batch(collate([example], model.config)) for example in examples]
    results = {name: np.concatenate([result[name] for result in results]) for name in results[0]}
    layers = layer_pictures(results) if FLAGS.layers else None
    picture = transfer_figure(examples, results["output"], model.config.skeleton, layers)
    write_image(FLAGS.output, picture)
    print(f"{Path(FLAGS.output)}: {len(examples)} examples of {FLAGS.data_dir} ({FLAGS.split})")


if __name__ == "__main__":
    run(main, "model", "data_dir", "output")
