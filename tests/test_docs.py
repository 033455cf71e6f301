"""What the documents show works as shown."""

import json
import re
from pathlib import Path

from posewarp.skeleton import Skeleton

DOCS = Path(__file__).parents[1] / "docs"


def test_the_skeleton_of_the_document_is_one():
    (example,) = re.findall(r"```json\n(.*?)```", (DOCS / "skeletons.md").read_text(), re.S)
    skeleton = Skeleton.from_dict(json.loads(example))
    assert [limb.name for limb in skeleton.limbs][-1] == "neck"
