import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from posewarp.errors import DataError, PosewarpError
from train.history import History
from train.run_directory import check_continuation, read_history


def train(run_dir, first_step, last_step, meanwhile=lambda: None, **values):
    """Keeps the history of steps whose loss is their number."""
    history = History(run_dir, ["loss", *values], first_step)
    history.on_train_begin()
    try:
        meanwhile()
        for step in range(first_step, last_step):
            history.on_train_batch_end(step, {"loss": float(step + 1), **values})
    finally:
        history.on_train_end()


def test_a_history_ahead_of_its_checkpoint_is_cut_back_for_tensorboard_too(tmp_path):
    train(tmp_path, 0, 5)
    with open(tmp_path / "history.csv", "a") as file:
        file.write("6,6")  # a row that was cut off
    train(tmp_path, 3, 7)
    assert [row["step"] for row in read_history(tmp_path / "history.csv")] == [*"1234567"]
    assert tensorboard_steps(tmp_path) == [1, 2, 3, 4, 5, 6, 7]


def test_a_history_keeps_columns_that_are_no_longer_logged(tmp_path):
    train(tmp_path, 0, 1, validation_l1=0.5)
    train(tmp_path, 1, 2)
    rows = read_history(tmp_path / "history.csv")
    seconds = [float(row.pop("seconds")) for row in rows]
    assert 0 <= seconds[0] <= seconds[1]
    assert rows == [
        {"step": "1", "loss": "1.0", "validation_l1": "0.5"},
        {"step": "2", "loss": "2.0", "validation_l1": ""},
    ]


@pytest.mark.parametrize("damage", [b"\xff\n", b"\0\n", b"3,x\n", b"x,3\n", b"3,3,3,3\n"])
def test_a_damaged_history_is_refused_by_name(tmp_path, damage):
    train(tmp_path, 0, 2)
    with open(tmp_path / "history.csv", "ab") as file:
        file.write(damage)
    with pytest.raises(DataError, match=r"history\.csv: damaged: .*mend it, or remove it"):
        check_continuation(tmp_path)


def test_a_full_disk_costs_no_row_that_was_kept(small_disk):
    run_dir = small_disk.folder
    train(run_dir, 0, 200)
    small_disk.fill()
    with pytest.raises(PosewarpError, match=r"history\.csv: cannot be written: No space left"):
        train(run_dir, 200, 1000)
    assert len(read_history(run_dir / "history.csv")) == 200
    small_disk.empty()

    # Here it fills up between two steps. Which of the two files grows over its last block first
    # is chance.
    message = r"(history\.csv|logs): cannot be written: No space left on device$"
    with pytest.raises(PosewarpError, match=message):
        train(run_dir, 200, 1000, meanwhile=small_disk.fill)
    rows = read_history(run_dir / "history.csv")
    assert 200 < len(rows) < 1000
    assert [float(row["loss"]) for row in rows] == list(range(1, len(rows) + 1))
    small_disk.empty()
    train(run_dir, len(rows), 1000)
    assert len(read_history(run_dir / "history.csv")) == 1000
    assert tensorboard_steps(run_dir) == list(range(1, 1001))


def tensorboard_steps(run_dir):
    events = EventAccumulator(str(run_dir / "logs"), size_guidance={"scalars": 0})
    events.Reload()
    return [event.step for event in events.Scalars("loss")]
