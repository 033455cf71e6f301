"""The files of a run directory that are not weights: flags, configuration, history, pictures."""

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf
from absl import flags
from tqdm import tqdm

from data.drawing import transfer_figure, write_image
from data.pipeline import Example, collate
from posewarp.networks import ModelConfig


def write_atomically(path: Path, text: str):
    """Writes a text file under a temporary name and renames it."""
    partial = path.with_name(f".{path.name}.partial")
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def prepare(run_dir: Path, config: ModelConfig):
    """Makes the run directory with `flags.txt` and `config.json`."""
    run_dir.mkdir(parents=True, exist_ok=True)
    write_atomically(run_dir / "flags.txt", "\n".join(program_flags()) + "\n")
    write_atomically(
        run_dir / "config.json", json.dumps(config.to_dict(), indent=2, sort_keys=True) + "\n"
    )


def program_flags() -> list[str]:
    """The flags of this project's programs with their values, one `--name=value` each."""
    lines = []
    for module, members in flags.FLAGS.flags_by_module_dict().items():
        if module.startswith("train.") or "/train/" in module:
            lines += [flag.serialize() for flag in members if flag.value is not None]
    return sorted(lines)


class ProgressBar(keras.callbacks.Callback):
    """Shows step, losses and time left on stderr."""

    def __init__(self, first_step: int):
        super().__init__()
        self._first_step = first_step

    def on_train_begin(self, logs=None):
        self._bar = tqdm(total=self.params["steps"], initial=self._first_step, unit="step")

    def on_train_batch_end(self, batch, logs=None):
        # The losses first: tqdm redraws on update.
        self._bar.set_postfix_str(
            ", ".join(f"{name} {value:.4f}" for name, value in logs.items()), refresh=False
        )
        self._bar.update()

    def on_train_end(self, logs=None):
        self._bar.close()


class History(keras.callbacks.Callback):
    """Keeps every step's losses in `history.csv` and for TensorBoard in `logs/`.

    The file of a run that was killed may be ahead of its checkpoint; it is cut back to the
    step from which the run continues.

    Args:
        run_dir: Path.
        names: Names of the logged values, in the order of the columns.
        first_step: int. Steps done before this start.
    """

    def __init__(self, run_dir: Path, names: Sequence[str], first_step: int):
        super().__init__()
        self._path = run_dir / "history.csv"
        self._names = list(names)
        rows = [row for row in read_history(self._path) if int(row["step"]) <= first_step]
        text = io.StringIO()
        writer = csv.DictWriter(text, ["step", *self._names], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(self._path, text.getvalue())

        # TensorBoard's files cannot be cut back, so they are made anew from the history.
        logs = run_dir / "logs"
        for stale in logs.glob("events.out.tfevents.*"):
            stale.unlink()
        self._summary = tf.summary.create_file_writer(str(logs))
        for row in rows:
            self._summarize(int(row["step"]), {k: v for k, v in row.items() if k != "step" and v})

    def on_train_begin(self, logs=None):
        self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115

    def on_train_batch_end(self, batch, logs=None):
        values = [repr(logs[name]) if name in logs else "" for name in self._names]
        self._file.write(",".join([str(batch + 1), *values]) + "\n")
        self._file.flush()
        self._summarize(batch + 1, logs)

    def on_train_end(self, logs=None):
        self._file.close()
        self._summary.close()

    def _summarize(self, step, values):
        with self._summary.as_default(step=step):
            for name, value in values.items():
                tf.summary.scalar(name, float(value))


def read_history(path: Path) -> list[dict[str, str]]:
    """Reads `history.csv`; a last line that was cut off in writing is left out."""
    if not path.is_file():
        return []
    lines = [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return list(csv.DictReader(lines))


class Samples(keras.callbacks.Callback):
    """Draws a few transfers into `samples/<step>.png` every now and then.

    Args:
        run_dir: Path.
        examples: The Examples to draw, always the same.
        config: ModelConfig.
        every: int. Steps between pictures.
    """

    def __init__(self, run_dir: Path, examples: Sequence[Example], config: ModelConfig, every: int):
        super().__init__()
        self._folder = run_dir / "samples"
        self._examples = list(examples)
        self._config = config
        self._inputs = collate(self._examples, config)
        self._every = every

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self._every == 0:
            generated = self.model.predict_on_batch(self._inputs)
            write_image(
                self._folder / f"{batch + 1}.png",
                transfer_figure(self._examples, generated, self._config.skeleton),
            )
