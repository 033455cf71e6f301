"""Writes a run's network as a small file to share, its weights in float16.

python -m train.publish --model=runs/mine --output=mine.keras
"""

from absl import flags

from data.files import check_outputs
from posewarp.program import run
from posewarp.saving import load_network, save_network

FLAGS = flags.FLAGS
flags.DEFINE_string("model", None, "Run directory, or a .keras file.")
flags.DEFINE_alias("run_dir", "model")
flags.DEFINE_string("output", None, "File to write, .keras.")


def main():
    """Writes the file."""
    check_outputs([FLAGS.output], [FLAGS.model])
    network = load_network(FLAGS.model)
    save_network(network, FLAGS.output, half=True)
    print(f"{FLAGS.output}: {type(network).__name__}, {network.count_params()} weights in float16")


if __name__ == "__main__":
    run(main, "model", "output")
