"""Puts an evaluation's table into a document, between two marks, in place of what stands there.

python -m eval.report --evaluation=runs/mine/evaluation --output=docs/results.md
"""

import json
from pathlib import Path

from absl import flags

from data.files import write_atomically
from eval.measures import METRICS_FILE, table
from posewarp.errors import DataError
from posewarp.files import read_text
from posewarp.program import require_flags, run

FLAGS = flags.FLAGS
flags.DEFINE_string("evaluation", None, "Folder that eval.evaluate wrote.")
flags.DEFINE_string("output", None, "Markdown file to change.")

BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def main():
    """Changes the document."""
    require_flags("evaluation", "output")
    source, output = Path(FLAGS.evaluation) / METRICS_FILE, Path(FLAGS.output)
    text = markdown(source)
    write_atomically(output, put(text, output))
    print(f"{output}: table of {source}")


def markdown(path: Path) -> str:
    """Makes the table and a line about its circumstances of a `metrics.json`.

    Raises:
        DataError: The file cannot be read, or lacks something.
    """
    try:
        report = json.loads(read_text(path))
        heading, *rows = table(report)
        lines = [_line(heading), _line(["---", *["---:"] * (len(heading) - 1)])]
        lines += map(_line, rows)
        return "\n".join([*lines, "", _circumstances(report)])
    except Exception as error:  # whatever other contents make of all this
        raise DataError(
            f"{path}: expected the metrics of python -m eval.evaluate: "
            f"{type(error).__name__}: {error}"
        ) from error


def _line(cells):
    return f"| {' | '.join(cells).replace('+-', '±')} |"


def _circumstances(report):
    networks = [
        f"{name}: {network['network']} of width {network['width']:g}, "
        f"{network['parameters']:,} parameters"
        + (f", after {network['steps']} steps" if network["steps"] else "")
        for name, network in report["networks"].items()
    ]
    weights = report["vgg_weights"]
    if weights not in (None, "imagenet", "random"):
        weights = "from a file"
    return (
        f"{report['pairs']} pairs of the {report['split']} split ({len(report['by_video'])} "
        f"videos), seed {report['seed']}, at {report['image_size']} px. {'; '.join(networks)}. "
        + (f"VGG19 weights: {weights}. " if weights else "")
        + f"Seconds on: {report['processor']}."
    )


def put(text: str, document: Path) -> str:
    """Gives a document with a text between its marks.

    Raises:
        DataError: The document cannot be read, or has not each mark once, in order.
    """
    try:
        whole = read_text(document)
    except (OSError, ValueError) as error:
        raise DataError(f"{document}: cannot be read: {error}") from error
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after:
        raise DataError(f"{document}: expected one {BEGIN} and after it one {END}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


if __name__ == "__main__":
    run(main)
