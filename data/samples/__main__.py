"""Writes the sample that ships, people who sign, as a data set to train and to test with.

python -m data.samples --output=<folder>

Its attribution and licence are in `data/samples/signing`.
"""

from absl import flags

from data.samples import write_signing
from posewarp.program import run

FLAGS = flags.FLAGS


def define_flags():
    """Defines the program's flags; not at import, where others' `output` lives."""
    flags.DEFINE_string("output", None, "Folder to write; it is made, or completed.")


def main():
    """Writes the data set."""
    print(f"{FLAGS.output}: {write_signing(FLAGS.output)} frames of five people")


if __name__ == "__main__":
    define_flags()
    run(main, "output")
