import copy
import json
from unittest.mock import Mock

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


def test_a_saved_model_is_verified_described_and_all_that_is_written(exported):
    ended, output = exported
    assert ended["returncode"] == 0
    assert [line.split()[0] for line in ended["stderr"].splitlines()] == ["Writing", "Verifying"]
    assert "serving_default, encoded, network, verified" in ended["stdout"]
    assert [path.name for path in output.parent.iterdir()] == [output.name]
    assert (output / "saved_model.pb").is_file()
    described = json.loads((output / "model.json").read_text())
    assert described["skeleton"] == "full_body"
    assert described["joints"] == list(FULL_BODY.joints)
    assert described["limbs"]["torso"] == list(FULL_BODY.limbs[-1].joints)
    assert described["image_size"] == 64
    assert described["largest_photo_side"] == 8192
    assert set(described["signatures"]) == {"serving_default", "encoded", "network"}
    for signature, kind, name, dtype, shape in (
        ("serving_default", "inputs", "photo", "uint8", [None, None, None, 3]),
        ("encoded", "outputs", "photo_bytes", "string", [None]),
        ("network", "inputs", "transforms", "float32", [None, 2, 3, 11]),
    ):
        tensor = described["signatures"][signature][kind][name]
        assert (tensor["dtype"], tensor["shape"]) == (dtype, shape)


@pytest.mark.parametrize(
    ("form", "signature", "outputs"),
    [
        ("keras", "serving_default", {"photo", "crop"}),
        pytest.param("onnx", "network", {"image"}, marks=pytest.mark.slow),
        pytest.param("litert", "network", {"image"}, marks=pytest.mark.slow),
    ],
)
def test_other_formats_are_verified_too(export, form, signature, outputs, transfer_model, tmp_path):
    for module in export.PACKAGES.get(form, ()):
        pytest.importorskip(module)
    export.export(transfer_model, form, tmp_path)
    described = json.loads((tmp_path / "model.json").read_text())
    assert {path.name for path in tmp_path.iterdir()} == {"model.json", described["file"]}
    assert list(described["signatures"]) == [signature]
    assert set(described["signatures"][signature]["outputs"]) == outputs
    if form == "keras":
        assert isinstance(keras.saving.load_model(tmp_path / "model.keras"), PoseTransfer)


def test_the_trial_has_photos_that_change_and_photos_that_do_not(export, transfer_model):
    calls = export.trial_calls(transfer_model, ("serving_default",))
    assert len({call["photo"].shape for _, call in calls}) == len(calls) == 2
    changed = []
    for _, call in calls:
        made = transfer_model(call, training=False)["photo"].numpy()
        changed += (made != call["photo"]).any(axis=(1, 2, 3)).tolist()
    assert changed == [True, True, False, True]


def test_a_model_that_does_something_else_is_not_verified(export, transfer_model):
    calls = export.trial_calls(transfer_model, ("network",))
    wanted = [{"image": inputs["source_image"]} for _, inputs in calls]
    results = copy.deepcopy(wanted)
    results[0]["image"][1, 0, 0, 0] += 0.003
    export.verify(calls, wanted, results)
    for value in (results[0]["image"][1, 0, 0, 0] + 0.01, np.nan):
        results[0]["image"][1, 0, 0, 0] = value
        with pytest.raises(ModelError, match="network: image: differs"):
            export.verify(calls, wanted, results)
    results[0]["image"] = results[0]["image"][:, 1:]
    with pytest.raises(ModelError, match="expected float32 .*, got float32"):
        export.verify(calls, wanted, results)
    with pytest.raises(ModelError, match="does not run without this project"):
        export.run_isolated(export.Path("absent.onnx"), calls)


def test_a_failure_leaves_nothing(export, model, tmp_path, monkeypatch):
    def fail(_, form, folder):
        (folder / "model").touch()
        raise ModelError(f"{form}: not verified")

    monkeypatch.setattr(export, "export", fail)
    monkeypatch.setitem(export.PACKAGES, "onnx", ("a_module_that_is_not_there",))
    (tmp_path / "file").touch()
    for path, form, error, message in (
        ("models/1", "saved_model", ModelError, "saved_model: not verified"),
        ("file/x", "keras", UsageError, "--output: .*x: cannot be written: Not a directory"),
        ("new", "onnx", UsageError, "--format=onnx: needs a-module-.*: pip"),
    ):
        flags = {"model": str(model), "sharp": "true", "output": str(tmp_path / path)}
        with flagsaver.as_parsed(**flags, format=form), pytest.raises(error, match=message):
            export.main()
    assert {path.name for path in tmp_path.rglob("*")} == {"models", "file"}


def test_a_network_that_a_format_cannot_carry_is_refused_in_a_line(
    export, transfer_model, tmp_path, monkeypatch
):
    failing = Mock(side_effect=NotImplementedError("no such operation"))
    monkeypatch.setattr(keras.Model, "export", failing)
    with pytest.raises(ModelError, match="--format=litert: cannot carry .*no such operation"):
        export.export(transfer_model, "litert", tmp_path)


@pytest.mark.slow
def test_the_baseline_is_exported_as_well(export, transfer_model, tmp_path):
    model = PoseTransfer(PlainUNet(transfer_model.config))
    export.export(model, "saved_model", tmp_path)
    assert json.loads((tmp_path / "model.json").read_text())["network"] == "PlainUNet"
