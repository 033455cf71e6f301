import importlib.util
import json

import keras
import numpy as np
import pytest
from absl.testing import flagsaver

from posewarp.errors import ModelError, UsageError
from posewarp.networks import PlainUNet
from posewarp.skeleton import FULL_BODY
from posewarp.transfer import PoseTransfer


@pytest.fixture(scope="module")
def export(library):
    """The functions of the program."""
    return library("eval.export")


def test_a_saved_model_is_proven_described_and_all_that_is_written(exported):
    done, output = exported
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "serving_default, encoded, network, proven" in done.stdout
    assert [path.name for path in output.parent.iterdir()] == [output.name]
    assert (output / "saved_model.pb").is_file()
    described = json.loads((output / "model.json").read_text())
    assert described["skeleton"] == "full_body"
    assert described["joints"] == list(FULL_BODY.joints)
    assert described["limbs"]["torso"] == list(FULL_BODY.limbs[-1].joints)
    assert described["image_size"] == 64
    assert described["largest_photo_side"] == 8192
    signatures = described["signatures"]
    assert set(signatures) == {"serving_default", "encoded", "network"}
    photo = signatures["serving_default"]["inputs"]["photo"]
    assert (photo["dtype"], photo["shape"]) == ("uint8", [None, None, None, 3])
    files = signatures["encoded"]["outputs"]["photo_bytes"]
    assert (files["dtype"], files["shape"]) == ("string", [None])
    transforms = signatures["network"]["inputs"]["transforms"]
    assert (transforms["dtype"], transforms["shape"]) == ("float32", [None, 2, 3, 11])


@pytest.mark.parametrize("form", ["keras", "onnx", "litert"])
def test_other_formats_are_proven_too(export, form, transfer_model, tmp_path):
    modules = export.PACKAGES.get(form, {}).values()
    if any(importlib.util.find_spec(module) is None for module in modules):
        pytest.skip(f"what {form} needs is not installed")
    export.export(transfer_model, form, tmp_path)
    described = json.loads((tmp_path / "model.json").read_text())
    assert {path.name for path in tmp_path.iterdir()} == {"model.json", described["file"]}
    (signature,) = described["signatures"]
    assert signature == ("serving_default" if form == "keras" else "network")
    outputs = described["signatures"][signature]["outputs"]
    assert set(outputs) == ({"photo", "crop"} if form == "keras" else {"image"})
    if form == "keras":
        assert isinstance(keras.saving.load_model(tmp_path / "model.keras"), PoseTransfer)


def test_the_trial_has_photos_that_change_and_photos_that_do_not(export, transfer_model):
    calls = export.trial_calls(transfer_model, ("serving_default",))
    assert len({call["photo"].shape for _, call in calls}) == len(calls) == 2
    changed = []
    for signature, call in calls:
        made = export.answer(transfer_model, signature, call)["photo"]
        changed += (made != call["photo"]).any(axis=(1, 2, 3)).tolist()
    assert changed == [True, True, False, True]


def test_a_model_that_does_something_else_is_not_proven(export, transfer_model):
    calls = export.trial_calls(transfer_model, ("network",))
    results = [export.answer(transfer_model, *call) for call in calls]
    results[0]["image"][1, 0, 0, 0] += 0.003
    export.prove(transfer_model, calls, results)
    for value in (results[0]["image"][1, 0, 0, 0] + 0.01, np.nan):
        results[0]["image"][1, 0, 0, 0] = value
        with pytest.raises(ModelError, match="network: image: differs"):
            export.prove(transfer_model, calls, results)
    with pytest.raises(ModelError, match="expected float32 .*, got float32"):
        results[0]["image"] = results[0]["image"][:, 1:]
        export.prove(transfer_model, calls, results)
    with pytest.raises(ModelError, match="does not run without this project"):
        export.call_as_a_stranger(export.Path("absent.onnx"), calls)


def run(export, **given):
    given = {"format": "saved_model", **given}
    with flagsaver.as_parsed(**{name: str(value) for name, value in given.items()}):
        export.main()


def test_what_is_there_is_not_overwritten_and_a_failure_leaves_nothing(
    export, transfer_model, tmp_path, monkeypatch
):
    model, output = tmp_path / "generator.keras", tmp_path / "models" / "1"
    transfer_model.generator.save(model)

    def fail(_, form, folder):
        (folder / "model").touch()
        raise ModelError(f"{form}: not proven")

    monkeypatch.setattr(export, "export", fail)
    with pytest.raises(ModelError, match="saved_model: not proven"):
        run(export, model=model, output=output)
    assert list(output.parent.iterdir()) == []
    output.mkdir()
    with pytest.raises(UsageError, match="--output: .*models/1 exists: give a new name"):
        run(export, model=model, output=output)
    with pytest.raises(UsageError, match="--output: .*x: cannot be written: Not a directory"):
        run(export, model=model, output=model / "x")
    monkeypatch.setitem(export.PACKAGES, "onnx", {"a-package": "a_module_that_is_not_there"})
    with pytest.raises(UsageError, match="--format=onnx: needs a-package: pip install"):
        run(export, model=model, output=tmp_path / "new", format="onnx")
    with pytest.raises(ModelError, match="expected a run directory or an existing .keras file"):
        run(export, model=tmp_path / "absent", output=tmp_path / "new")


def test_a_network_that_a_format_cannot_carry_is_refused_in_a_line(
    export, transfer_model, tmp_path, monkeypatch
):
    def fail(*_, **__):
        raise NotImplementedError("no such operation")

    monkeypatch.setattr(keras.Model, "export", fail)
    with pytest.raises(ModelError, match="--format=litert: cannot carry .*no such operation"):
        export.export(transfer_model, "litert", tmp_path)


@pytest.mark.slow
def test_the_baseline_is_exported_as_well(export, transfer_model, tmp_path):
    model = PoseTransfer(PlainUNet(transfer_model.config))
    export.export(model, "saved_model", tmp_path)
    assert json.loads((tmp_path / "model.json").read_text())["network"] == "PlainUNet"
