"""Turns weights of the published code into a network file of this project.

python -m train.import_weights --weights=<published .h5> --output=published.keras

The file is what everything in eval/ takes as --model, and train.gan as --start.
"""

from pathlib import Path

from absl import flags

from data.files import check_output
from posewarp.errors import UsageError
from posewarp.program import run
from posewarp.saving import save_network
from posewarp.skeleton import skeleton_from_name
from posewarp.weights import load_published

FLAGS = flags.FLAGS
flags.DEFINE_string("weights", None, "The published code's .h5 file of a generator.")
flags.DEFINE_string("output", None, "File to write, .keras.")
flags.DEFINE_string(
    "skeleton",
    None,
    "full_body, upper_body, or a skeleton's JSON file; found from the weights if not given.",
)
flags.DEFINE_integer("image_size", 256, "Height and width of the images, a multiple of 32.")


def main():
    """Writes the network."""
    output = Path(FLAGS.output)
    if output.suffix != ".keras":
        raise UsageError(f"{output}: expected a file name that ends in .keras")
    if output.exists():  # it may be what a long training has made
        raise UsageError(f"{output}: exists; choose another --output, or remove it")
    check_output(output)
    skeleton = skeleton_from_name(FLAGS.skeleton) if FLAGS.skeleton else None
    model = load_published(FLAGS.weights, skeleton, FLAGS.image_size)
    output.parent.mkdir(parents=True, exist_ok=True)
    save_network(model, output)
    print(f"{output}: {model.config.skeleton.name} generator at {FLAGS.image_size} px")


if __name__ == "__main__":
    run(main, "weights", "output")
