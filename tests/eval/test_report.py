import json
import shlex
import shutil
import subprocess

import pytest
from programs import ROOT

from posewarp.errors import DataError

FEW_STEPS = ["--batch_size=2", "--steps=2", "--xla=False", "--validation_batches=0"]
TINY = {
    "data.people": ["--videos=2", "--test_videos=2", "--frames=3", "--size=32"],
    "train.pretrain": ["--width=0.05", *FEW_STEPS],
    "train.gan": FEW_STEPS,
    "eval.evaluate": ["--pairs=4"],
    "eval.report": [],
}
BEGIN, END = "<!-- results -->", "<!-- end of results -->"


@pytest.mark.slow
def test_the_commands_of_make_results_put_a_table_into_the_document(succeed, tmp_path):
    document = shutil.copy(ROOT / "docs" / "results.md", tmp_path / "results.md")
    # What is to be installed counts as installed, and this environment's Python runs instead.
    printed = subprocess.run(
        ["make", "--dry-run", "--old-file=.venv/.installed", "results"]
        + [f"RESULTS={tmp_path}", f"RESULTS_TABLE={document}"],
        check=True, capture_output=True, text=True, cwd=ROOT,
    ).stdout.replace("\\\n", "")  # fmt: skip
    commands = [shlex.split(line) for line in printed.splitlines() if " -m " in line]
    assert [command[2] for command in commands] == [
        *("data.people", "train.pretrain", "train.pretrain", "train.gan"),
        *("eval.evaluate", "eval.evaluate", "eval.report"),
    ]
    for _, _, module, *flags in commands:
        succeed(module, *flags, *TINY[module])

    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Results\n") and "between them is replaced.\n" in text
    assert text.count("<!-- results -->\n|  | generated | copied source | plain U-Net |\n") == 1
    metrics = json.loads((tmp_path / "pretraining" / "evaluation" / "metrics.json").read_text())
    l1 = metrics["overall"]["plain U-Net"]["l1_person"]
    assert f"| {l1['mean']:.4f} ± {l1['standard_error']:.4f} |\n" in text
    assert "4 pairs of the test split (" in text
    assert text.count("after 2 steps") == 2
    assert "\n|  | pretraining | gan |\n" in text
    assert "VGG19 weights: random." in text


def test_stages_stand_beside_each_other_with_the_means_of_their_last_steps(library, tmp_path):
    stages = library("eval.report").stages
    means = {"perceptual_loss": 0.5, "l1_person": 0.25, "sharpness": 0.75}
    metrics = {name: {"mean": value} for name, value in means.items()}
    for name, history in (
        ("pretraining", "step,loss\n" + "".join(f"{n},{n}\n" for n in range(1, 201))),
        # In warm-up, the discriminator is alone.
        ("gan", "step,loss,perceptual_loss,discriminator_loss\n1,,,0.5\n2,3,1,0.25\n"),
    ):
        folder = tmp_path / name / "evaluation"
        folder.mkdir(parents=True)
        (tmp_path / name / "history.csv").write_text(history)
        (folder / "metrics.json").write_text(json.dumps({"overall": {"generated": metrics}}))
    runs = [tmp_path / "pretraining", tmp_path / "gan"]
    table = stages(runs)
    assert "|  | pretraining | gan |\n| --- | ---: | ---: |\n| steps | 200 | 2 |\n" in table
    assert "\n| perceptual loss, training | 150.5000 | 1.0000 |\n" in table
    assert "\n| discriminator's loss, training |  | 0.3750 |\n" in table
    assert "\n| sharpness, person's box, test | 0.7500 | 0.7500 |" in table
    (tmp_path / "gan" / "history.csv").write_text("step\n")
    with pytest.raises(DataError, match=r"history\.csv: expected what training and"):
        stages(runs)


def test_a_document_without_its_marks_and_a_file_of_something_else_are_refused(library, tmp_path):
    report, document = library("eval.report"), tmp_path / "results.md"
    with pytest.raises(DataError, match=r"results\.md: cannot be read"):
        report.put("table", document)
    for text in ("", BEGIN, f"{END} {BEGIN}", f"{BEGIN} {BEGIN} {END}"):
        document.write_text(text)
        with pytest.raises(DataError, match=r"results\.md: expected one <!-- results --> and"):
            report.put("table", document)
    document.write_text(f"before {BEGIN} old {END} after")
    assert report.put("new", document) == f"before {BEGIN}\nnew\n{END} after"

    metrics = tmp_path / "metrics.json"
    for text in (None, "{", "[]", "{}"):
        if text is not None:
            metrics.write_text(text)
        with pytest.raises(DataError, match=r"metrics\.json: expected the metrics of"):
            report.markdown(metrics)
