"""The files of a run directory that are not weights: flags, configuration, history, pictures."""

import contextlib
import csv
import fcntl
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from absl import flags, logging
from tqdm import tqdm

from data.drawing import transfer_figure, write_image
from data.files import check_folder, write_atomically
from data.footage import read_image
from data.pipeline import Example, Pairs, collate, make_dataset
from posewarp.errors import DataError, PosewarpError, UsageError
from posewarp.metrics import l1, psnr, ssim
from posewarp.networks import ModelConfig, save_network
from posewarp.perceptual import PerceptualLoss
from train.health import Health

Event, Value = tf.compat.v1.Event, tf.compat.v1.Summary.Value
BEST_FILE = "best.keras"
HISTORY_FILE = "history.csv"
LOCK_FILE = ".lock"
SHOWN = ("loss", Health.NAME)
"""Endings of what the progress bar shows."""
WORDS = {"vgg_weights": ("imagenet", "random"), "start": ("identity", "random")}
"""What flags may be that else are the path of a file."""
MAY_CHANGE = {"steps", "cache_frames", "data_dir", "run_dir", "generator", "vgg_statistics"}
"""Flags that may change when a run is continued."""


def check_continuation(run_dir: Path):
    """Checks that a run directory, if it was begun, was begun with the flags of this start.

    Raises:
        DataError: Its history was damaged.
        UsageError: Flags other than `MAY_CHANGE` differ; the message lists them. Or there can be
            no such folder.
    """
    check_folder(run_dir)
    read_history(run_dir / HISTORY_FILE)
    path = run_dir / "flags.txt"
    if not path.is_file():
        return
    # Names of files may be of any bytes.
    lines = path.read_text("utf-8", "surrogateescape").splitlines()
    # A flag that did not exist yet when the run was begun had what is now its default.
    begun = program_flags("default") | dict(line[2:].split("=", 1) for line in lines if "=" in line)
    current = program_flags()
    differing = [
        f"--{name} was {begun.get(name, 'not set')}, is {current.get(name, 'not set')}"
        for name in sorted({*begun, *current} - MAY_CHANGE)
        if _without_path(name, begun) != _without_path(name, current)
    ]
    if differing:
        raise UsageError(
            f"{run_dir}: was begun with other flags ({'; '.join(differing)}); take the flags of "
            f"{path}, or another --run_dir"
        )


def prepare(run_dir: Path, config: ModelConfig, is_chief: bool):
    """Makes the run directory with `flags.txt` and `config.json`.

    Args:
        run_dir: Path.
        config: ModelConfig.
        is_chief: bool. Whether this process is the one that writes; it locks the directory.

    Raises:
        UsageError: Another training is running in it, or has begun it with other flags.
        PosewarpError: It cannot be written.
    """
    with writing(run_dir):
        run_dir.mkdir(parents=True, exist_ok=True)
        if is_chief:
            lock(run_dir)
            for left in run_dir.glob(".*.partial.keras"):  # of a run that was killed in writing it
                left.unlink()
    check_continuation(run_dir)  # again: it may have been begun since
    lines = [f"--{name}={value}\n" for name, value in sorted(program_flags().items())]
    write_atomically(run_dir / "flags.txt", "".join(lines))
    write_atomically(
        run_dir / "config.json", json.dumps(config.to_dict(), indent=2, sort_keys=True) + "\n"
    )


def lock(run_dir: Path):
    """Makes this process the only one that trains in a directory, until it ends.

    Raises:
        UsageError: Another one does.
        OSError: The lock's file cannot be made.
    """
    # The descriptor stays open, so that the system gives the lock back when the process ends,
    # however it ends: what is left of a dead process never stands in the way.
    descriptor = os.open(run_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UsageError(
            f"{run_dir}: another training is running in it; wait for its end, or take another "
            f"--run_dir"
        ) from None
    except OSError as error:  # some network file systems have no locks
        logging.warning("%s: cannot be locked: %s", run_dir, error.strerror)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises as an error of one line what keeps Python or TensorFlow from writing a file.

    Raises:
        PosewarpError: The disk is full, or the folder read-only or gone.
    """
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        if isinstance(error, OSError):
            reason = error.strerror
        else:  # "{{node}} <path>; No space left on device [Op:SaveV2]"
            reason = error.message.splitlines()[0].rpartition("; ")[2].partition(" [Op:")[0]
        raise PosewarpError(f"{path}: cannot be written: {reason}") from error


def _without_path(name, values):
    """The flag's value, or for weights in a file, which may have moved, that they are in one."""
    value = values.get(name)
    is_path = name in WORDS and value not in WORDS[name]
    return "a file" if is_path else value


def program_flags(which: str = "value") -> dict[str, str]:
    """Values of the flags of this project's programs, or each one's `"default"`, by name."""
    return {
        flag.name: str(getattr(flag, which)).lower() if flag.boolean else str(getattr(flag, which))
        for module, members in flags.FLAGS.flags_by_module_dict().items()
        if module.startswith(("train.", "data.")) or f"train{os.sep}" in module
        for flag in members
        if getattr(flag, which) is not None
    }


class ProgressBar(keras.callbacks.Callback):
    """Shows step, losses and time left on stderr."""

    def __init__(self, first_step: int):
        super().__init__()
        self._first_step = first_step

    def on_train_begin(self, logs=None):
        self._bar = tqdm(total=self.params["steps"], initial=self._first_step, unit="step")

    def on_train_batch_end(self, batch, logs=None):
        # The losses first: tqdm redraws on update. All there is would not fit a line.
        losses = {name: value for name, value in logs.items() if name.endswith(SHOWN)}
        self._bar.set_postfix_str(
            ", ".join(f"{name} {value:.4f}" for name, value in losses.items()), refresh=False
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
        names: Names of the values that a step may log, in the order of the columns.
        first_step: int. Steps done before this start.
    """

    def __init__(self, run_dir: Path, names: Sequence[str], first_step: int):
        super().__init__()
        self._path = run_dir / HISTORY_FILE
        rows = [row for row in read_history(self._path) if int(row["step"]) <= first_step]
        # A run that goes on without validation keeps what was validated.
        before = [name for row in rows[:1] for name in row if name != "step"]
        self._names = list(dict.fromkeys([*names, *before]))
        text = io.StringIO()
        writer = csv.DictWriter(text, ["step", *self._names], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(self._path, text.getvalue())

        self._summary = Summary(run_dir / "logs")
        self._summary.repeat(
            (int(row["step"]), {k: float(v) for k, v in row.items() if k != "step" and v})
            for row in rows
        )

    def on_train_begin(self, logs=None):
        with writing(self._path):
            self._file = open(self._path, "a", encoding="utf-8")  # noqa: SIM115

    def on_train_batch_end(self, batch, logs=None):
        values = [repr(logs[name]) if name in logs else "" for name in self._names]
        with writing(self._path):
            self._file.write(",".join([str(batch + 1), *values]) + "\n")
            self._file.flush()
            # A checkpoint may outlive a power cut; the rows before it have to as well.
            os.fsync(self._file.fileno())
        with self._summary.writing():
            for name, value in logs.items():
                tf.summary.scalar(name, value, batch + 1)

    def on_train_end(self, logs=None):
        with contextlib.suppress(OSError):  # of a row that could not be written
            self._file.close()
        self._summary.close()


class Summary:
    """A folder of TensorBoard files that is begun anew.

    What a killed run wrote past its checkpoint cannot be cut off such a file, so at each start
    all is written again, from the history and the pictures.

    Args:
        folder: Path.

    Raises:
        PosewarpError: The folder cannot be written.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        with writing(folder):
            for stale in folder.glob("events.out.tfevents.*"):
                stale.unlink()
            self._writer = tf.summary.create_file_writer(str(folder))

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Takes what `tf.summary` is given within; at its end, all is in the file."""
        with writing(self._folder), self._writer.as_default():
            yield

    def repeat(self, rows: Iterable[tuple[int, Mapping[str, float]]]):
        """Writes the scalars of the steps that were done before this start.

        Into a file of its own, not by `tf.summary`, which takes minutes for a long run.

        Raises:
            PosewarpError: The folder cannot be written.
        """
        path = self._folder / "events.out.tfevents.0.past"  # by its name, it is read first
        with writing(self._folder), tf.io.TFRecordWriter(str(path)) as file:
            file.write(Event(file_version="brain.Event:2").SerializeToString())
            for step, values in rows:
                scalars = [_scalar(name, value) for name, value in values.items()]
                event = Event(step=step, summary=tf.compat.v1.Summary(value=scalars))
                file.write(event.SerializeToString())

    def close(self):
        """Closes the file."""
        with contextlib.suppress(tf.errors.OpError):  # of what could not be written
            self._writer.close()


def _scalar(name, value):
    """A scalar as `tf.summary.scalar` writes it."""
    scalar = Value(tag=name)
    scalar.metadata.plugin_data.plugin_name = "scalars"
    scalar.tensor.dtype = tf.float32.as_datatype_enum
    scalar.tensor.tensor_shape.SetInParent()
    scalar.tensor.float_val.append(value)
    return scalar


def read_history(path: Path) -> list[dict[str, str]]:
    """Reads `history.csv`; a last line that was cut off in writing is left out.

    Raises:
        DataError: Another line was damaged.
    """
    if not path.is_file():
        return []
    try:
        text = path.read_text(encoding="utf-8")
        lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
        rows = list(csv.DictReader(lines))
        for row in rows:
            int(row["step"])
            [float(value) for value in row.values() if value]
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: damaged: expected a step and its losses in each line ({error}); mend it, or "
            f"remove it: the run continues without what it tells"
        ) from error
    return rows


class Samples(keras.callbacks.Callback):
    """Draws a few transfers into `samples/<step>.png` every now and then, and for TensorBoard.

    Args:
        run_dir: Path.
        examples: The Examples to draw, always the same.
        config: ModelConfig.
        every: int. Steps between pictures.
        first_step: int. Steps done before this start.
    """

    def __init__(
        self,
        run_dir: Path,
        examples: Sequence[Example],
        config: ModelConfig,
        every: int,
        first_step: int,
    ):
        super().__init__()
        self._folder = run_dir / "samples"
        self._examples = list(examples)
        self._config = config
        self._inputs = collate(self._examples, config)
        self._every = every
        self._summary = Summary(run_dir / "logs" / "samples")
        drawn = {
            int(path.stem): path for path in self._folder.glob("*.png") if path.stem.isdecimal()
        }
        with self._summary.writing():
            for step, path in sorted(drawn.items()):
                if step <= first_step:
                    self._summarize(step, read_image(path).image)

    def on_train_begin(self, logs=None):
        self._generate = tf.function(
            lambda inputs: self.model(inputs, training=False), autograph=False
        )

    def on_train_batch_end(self, batch, logs=None):
        step = batch + 1
        if step % self._every == 0:
            generated = self._generate(self._inputs).numpy()
            picture = transfer_figure(self._examples, generated, self._config.skeleton)
            write_image(self._folder / f"{step}.png", picture)
            with self._summary.writing():
                self._summarize(step, picture)

    def on_train_end(self, logs=None):
        self._summary.close()

    def _summarize(self, step, picture):
        tf.summary.image("samples", picture[None], step)


class Validation(keras.callbacks.Callback):
    """Measures the generator on fixed pairs, and keeps the best one as `best.keras`.

    Adds `validation_perceptual_loss`, `validation_l1`, `validation_psnr` and `validation_ssim`
    to the step's logs, so it comes before what keeps them.

    Args:
        run_dir: Path.
        pairs: Pairs. Of the test split, without augmentation.
        perceptual_loss: PerceptualLoss.
        batches: int. Batches of `BATCH_SIZE` pairs.
        every: int. Steps between validations.
        first_step: int. Steps done before this start.
    """

    NAMES = tuple(f"validation_{name}" for name in ("perceptual_loss", "l1", "psnr", "ssim"))
    BATCH_SIZE = 4

    def __init__(
        self,
        run_dir: Path,
        pairs: Pairs,
        perceptual_loss: PerceptualLoss,
        batches: int,
        every: int,
        first_step: int,
    ):
        super().__init__()
        self._path = run_dir / BEST_FILE
        self._pairs = pairs
        self._dataset = make_dataset(pairs, self.BATCH_SIZE, batches=batches)
        self._functions = dict(zip(self.NAMES, (perceptual_loss, l1, psnr, ssim), strict=True))
        self._every = every
        past = [
            float(row[self.NAMES[0]])
            for row in read_history(run_dir / HISTORY_FILE)
            if int(row["step"]) <= first_step and row.get(self.NAMES[0])
        ]
        self._best = min(past, default=np.inf)

    def on_train_begin(self, logs=None):
        def measure(inputs, target):
            generated = self.model(inputs, training=False)
            return {
                name: tf.reduce_mean(function(target, generated))
                for name, function in self._functions.items()
            }

        self._measure = tf.function(measure, autograph=False)

    def on_train_batch_end(self, batch, logs=None):
        if (batch + 1) % self._every:
            return
        with self._pairs.errors_raised():
            measured = [self._measure(inputs, target) for inputs, target in self._dataset]
        means = {name: float(np.mean([m[name] for m in measured])) for name in self.NAMES}
        logs.update(means)
        if means[self.NAMES[0]] < self._best:
            self._best = means[self.NAMES[0]]
            save_network(self.model, self._path)
