"""Puts an evaluation's table into a document, between two marks, in place of what stands there.

python -m eval.report --evaluation=runs/mine/evaluation --output=docs/results.md

`--stages` adds a table of the losses of runs that follow each other, as the 2019 report has it.
"""

import contextlib
import csv
import json
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from data.files import write_atomically
from eval.measures import GENERATED, LABELS, METRICS_FILE, table
from posewarp.errors import DataError
from posewarp.files import read_text
from posewarp.program import run

FLAGS = flags.FLAGS
flags.DEFINE_string("evaluation", None, "Folder that eval.evaluate wrote.")
flags.DEFINE_string("output", None, "Markdown file to change.")
flags.DEFINE_list(
    "stages", [], "Run directories of pretraining and of what followed, each with its evaluation/."
)

LAST_STEPS = 100
"""Over so many, the losses of training are averaged."""
STAGE_LOSSES = {
    "perceptual loss, training": ("perceptual_loss", "loss"),
    "discriminator's loss, training": ("discriminator_loss",),
    "its accuracy on targets": ("accuracy_real",),
    "its accuracy on generated images": ("accuracy_generated",),
}
"""Rows of the stages' table, and the columns of `history.csv` of which the first there is taken."""
STAGE_METRICS = {
    f"{LABELS[name]}, test": name for name in ("perceptual_loss", "l1_person", "sharpness")
}
STAGE = "what training and python -m eval.evaluate write into a run directory"
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def main():
    """Changes the document."""
    source, output = Path(FLAGS.evaluation) / METRICS_FILE, Path(FLAGS.output)
    text = markdown(source)
    if FLAGS.stages:
        text += f"\n\n{stages([Path(stage) for stage in FLAGS.stages])}"
    write_atomically(output, put(text, output))
    print(f"{output}: table of {source}")


def markdown(path: Path) -> str:
    """Makes the table of a `metrics.json` and a line about its circumstances."""
    with _expecting(path, "the metrics of python -m eval.evaluate"):
        report = json.loads(read_text(path))
        return f"{_table(table(report))}\n\n{_circumstances(report)}"


def stages(run_dirs: Sequence[Path]) -> str:
    """Makes the table of what runs that follow each other learned."""
    columns = []
    for run_dir in run_dirs:
        path = run_dir / "history.csv"
        with _expecting(path, STAGE):
            rows = list(csv.DictReader(read_text(path).splitlines()))
            column = {name: _last_mean(rows, keys) for name, keys in STAGE_LOSSES.items()}
            column = {"": run_dir.name, "steps": rows[-1]["step"], **column}
        path = run_dir / "evaluation" / METRICS_FILE
        with _expecting(path, STAGE):
            summary = json.loads(read_text(path))["overall"][GENERATED]
            column |= {name: f"{summary[key]['mean']:.4f}" for name, key in STAGE_METRICS.items()}
        columns.append(column)
    return _table([[name, *(column[name] for column in columns)] for name in columns[0]])


@contextlib.contextmanager
def _expecting(path, expected):
    """Raises DataError, with the file's name, in place of any other error."""
    try:
        yield
    except Exception as error:  # whatever other contents make of all this
        reason = f"{type(error).__name__}: {error}"
        raise DataError(f"{path}: expected {expected}: {reason}") from error


def _last_mean(rows, keys):
    """The mean over the last steps of the first of some columns that a history has."""
    key = next((key for key in keys if key in rows[0]), None)
    values = [float(row[key]) for row in rows[-LAST_STEPS:] if row[key]] if key else []
    return f"{sum(values) / len(values):.4f}" if values else ""


def _table(rows):
    """Markdown of rows of cells, the first of them the heading."""
    heading, *rest = rows
    lines = [heading, ["---", *["---:"] * (len(heading) - 1)], *rest]
    return "\n".join(f"| {' | '.join(cells).replace('+-', '±')} |" for cells in lines)


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
    """Gives a document with a text between its marks, each of which has to be there once."""
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
    run(main, "evaluation", "output")
