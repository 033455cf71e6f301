"""The one training loop: pairs in, better weights out, and nothing lost on the way.

A `Learner` says what is learned: networks, optimizers, and which updates a step makes. The loop
owns the rest: distribution, compilation, data position, checkpoints, and stopping in order.
"""

import contextlib
import dataclasses
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from data.pairs import Pairs
from data.pipeline import errors_raised, make_dataset
from posewarp.errors import DataError, ModelError, PosewarpError, UsageError
from posewarp.saving import GENERATOR_FILE, save_network
from train.checkpoints import Checkpoints


@dataclasses.dataclass(frozen=True)
class Update:
    """One optimizer's step on one batch.

    Args:
        variables: Keras variables that the step changes.
        optimizer: keras.optimizers.Optimizer, built for them.
        loss: Maps a batch to the scalar loss that is minimized and a dict of scalars to log: the
            generator's inputs, a dict, and the target, a float tensor (B, S, S, 3) in [-1, 1]. It
            is compiled.
    """

    variables: Sequence[keras.Variable]
    optimizer: keras.optimizers.Optimizer
    loss: Callable[..., tuple[tf.Tensor, dict[str, tf.Tensor]]]

    @classmethod
    def by_adam(cls, model: keras.Model, learning_rate: float, loss: Callable) -> "Update":
        """An update of all that a model learns, by Adam, with loss scaling under float16."""
        optimizer = keras.optimizers.Adam(learning_rate)
        if keras.config.dtype_policy().name == "mixed_float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(model.trainable_variables)
        return cls(model.trainable_variables, optimizer, loss)


class Learner(Protocol):
    """What the loop trains.

    Attributes:
        networks: All networks by name, first the one that a user wants.
        updates: All updates by name.
        logged: Names of what the updates log.
    """

    networks: dict[str, keras.Model]
    updates: dict[str, Update]
    logged: Sequence[str]

    def schedule(self, step: int) -> Sequence[str]:
        """Names of the updates of a step (counted from 0), one batch each."""


class Stopped(PosewarpError):
    """A signal ended the run after its state was saved."""


class TrainingLoop:
    """Runs a learner's updates over an endless list of pairs.

    After construction the state is that of the latest whole checkpoint, if there is one.

    Args:
        pairs: Pairs. The examples, in order.
        batch_size: int. Examples of one update, over all replicas.
        run_dir: Path. Holds `checkpoints/` and the network's file.
        xla: bool. Whether forward and gradient are compiled by XLA.
        strategy: tf.distribute.Strategy. That under whose scope the learner was made.
    """

    def __init__(
        self,
        learner: Learner,
        pairs: Pairs,
        batch_size: int,
        run_dir: Path,
        xla: bool = True,
        strategy: tf.distribute.Strategy | None = None,
    ):
        self.learner = learner
        self.pairs = pairs
        self.batch_size = batch_size
        self.run_dir = run_dir
        self.strategy = strategy or tf.distribute.get_strategy()
        if batch_size % self.strategy.num_replicas_in_sync:
            raise UsageError(
                f"--batch_size: expected a multiple of the {self.strategy.num_replicas_in_sync} "
                f"replicas, got {batch_size}"
            )
        self._network = next(iter(learner.networks.values()))
        self._steps_done = tf.Variable(0, dtype=tf.int64)
        self._batches_read = tf.Variable(0, dtype=tf.int64)
        self._updates = {
            name: compile_update(update, self.strategy, xla)
            for name, update in learner.updates.items()
        }
        self.is_chief = self.strategy.extended.should_checkpoint
        self._checkpoints = Checkpoints(
            run_dir / "checkpoints",
            self.is_chief,
            steps_done=self._steps_done,
            batches_read=self._batches_read,
            networks={name: _values(model.variables) for name, model in learner.networks.items()},
            optimizers={
                name: _values(update.optimizer.variables)
                for name, update in learner.updates.items()
            },
        )
        self._checkpoints.restore()
        self._saved_step = self.steps_done
        if self._saved_step:
            self._save_network()  # the run may have been killed between a checkpoint and this

    @property
    def steps_done(self) -> int:
        """Steps taken so far, over all starts of the run."""
        return int(self._steps_done.numpy())

    def run(
        self,
        steps: int,
        checkpoint_every: int,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ):
        """Trains until `steps` steps are done in total.

        Args:
            steps: int. Of the whole run, those of earlier starts included.
            checkpoint_every: int. Steps between checkpoints.
            callbacks: Keras callbacks. A batch hook's `batch` is the step, from 0.

        Raises:
            ModelError: A loss is not finite; the last checkpoint is from before.
            DataError: An example cannot be made; the steps before it have been saved.
            PosewarpError: A file cannot be written; the last checkpoint is kept.
            Stopped: SIGTERM or SIGINT came; the state has been saved.
        """
        callbacks = keras.callbacks.CallbackList(list(callbacks), model=self._network, steps=steps)
        with _stop_signals() as stopping:
            dataset = make_dataset(self.pairs, self.batch_size, int(self._batches_read.numpy()))
            batches = iter(self.strategy.experimental_distribute_dataset(dataset))
            callbacks.on_train_begin()
            try:
                while self.steps_done < steps and not self._agree_to_stop(stopping):
                    self._step(self._read(batches), callbacks)
                    if self.steps_done % checkpoint_every == 0:
                        self.save()
                self._save_rest()
            finally:
                callbacks.on_train_end()
        if stopping:
            raise Stopped(
                f"stopped by {stopping[0]} after step {self.steps_done} of {steps}; the state is "
                f"saved, and the same command continues"
            )

    def save(self):
        """Writes a checkpoint and the network's file."""
        self._checkpoints.save(self.steps_done)
        self._save_network()
        self._saved_step = self.steps_done

    def _agree_to_stop(self, stopping):
        """Whether a signal came to this worker, or to another, which is then said in the list."""
        signals = int(self._sum_over_workers(tf.constant(len(stopping))))
        if signals and not stopping:
            stopping.append("a signal to another worker")
        return signals > 0

    @tf.function(autograph=False)
    def _sum_over_workers(self, value):
        values = self.strategy.run(tf.identity, (value,))  # one a replica
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None)

    def _save_network(self):
        if self.is_chief:
            save_network(self._network, self.run_dir / GENERATOR_FILE)

    def _save_rest(self):
        if self.steps_done > self._saved_step:
            self.save()

    def _read(self, batches):
        """The batches of a step, one for each update: all of them before the first update."""
        try:
            with errors_raised(self.pairs):
                return [next(batches) for _ in self.learner.schedule(self.steps_done)]
        except DataError:
            self._save_rest()
            raise

    def _step(self, batches, callbacks):
        step = self.steps_done
        callbacks.on_train_batch_begin(step)
        logs = {}
        for name, batch in zip(self.learner.schedule(step), batches, strict=True):
            logs |= self._updates[name](*batch)
            self._batches_read.assign_add(1)
        logs = {name: float(value) for name, value in logs.items()}
        for name, value in logs.items():
            if not np.isfinite(value):
                raise ModelError(
                    f"step {step + 1}: {name} is {value}; the last checkpoint, of step "
                    f"{self._saved_step}, is kept. A lower --learning_rate may help"
                )
        self._steps_done.assign_add(1)
        callbacks.on_train_batch_end(step, logs)


def compile_update(
    update: Update, strategy: tf.distribute.Strategy, xla: bool
) -> Callable[..., dict[str, tf.Tensor]]:
    """Makes the function that carries out an update on a batch.

    Returns:
        A function of inputs and target, spread over the strategy's replicas, to the means of the
        logged scalars over them.
    """
    values = _values(update.variables)

    # Only this part is given to XLA: the optimizer's reduction over replicas cannot be.
    @tf.function(jit_compile=xla, autograph=False)
    def gradients(inputs, target):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            loss, logs = update.loss(inputs, target)
            # The optimizer adds up the replicas' gradients.
            scaled = update.optimizer.scale_loss(loss / strategy.num_replicas_in_sync)
        return tape.gradient(scaled, values), logs

    def replica_step(inputs, target):
        found, logs = gradients(inputs, target)
        update.optimizer.apply(found, update.variables)
        return logs

    @tf.function(autograph=False)
    def step(inputs, target):
        logs = strategy.run(replica_step, (inputs, target))
        return {
            name: strategy.reduce(tf.distribute.ReduceOp.MEAN, value, axis=None)
            for name, value in logs.items()
        }

    return step


def _values(variables):
    """The TensorFlow variables behind Keras variables."""
    return [variable.value for variable in variables]


@contextlib.contextmanager
def _stop_signals():
    """Gives a list that is empty until SIGTERM or SIGINT comes, which then is its only entry."""
    received = []

    def receive(number, _):
        received.append(signal.Signals(number).name)

    handlers = {
        number: signal.signal(number, receive) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield received
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
