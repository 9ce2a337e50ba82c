"""Images that two services build under one tag: one of them loses the tag, and none of them stays behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.minimal_stack import make_minimal_stack
from tests.support import docker

pytestmark = pytest.mark.docker

_NAME = "onetag"
_LABEL = f"label=com.docker.compose.project={_NAME}_temp"


def _images() -> list[str]:
    form = "{{.Repository}} {{.ID}}"
    return docker.run(["docker", "image", "ls", "--filter", _LABEL, "--format", form], timeout=30).out.splitlines()


def test_no_image_without_a_tag_stays_behind(tmp_path: Path) -> None:
    stack = make_minimal_stack(tmp_path / _NAME, _NAME, 18471)
    path = stack.root / "docker-compose.yml"
    config = json.loads(path.read_text())
    application = config["services"][stack.names.application]
    application["image"] = f"{_NAME}/app:dev"
    twin = {
        "build": {"context": ".", "args": {"WHO": "twin"}},
        "image": f"{_NAME}/app:dev",
        "command": ["sleep", "300"],
    }
    config["services"]["twin"] = twin
    path.write_text(json.dumps(config))
    dockerfile = stack.root / "Dockerfile"
    dockerfile.write_text(f"{dockerfile.read_text()}ARG WHO=app\nRUN echo $WHO > who\n")
    try:
        done = stack.invoke("isolate")
        assert done.code == 0, str(done)
        built = _images()
        assert [image for image in built if image.startswith("<none>")], "nothing lost its tag: the test is no test"
    finally:
        cleaned = stack.invoke("cleanup")
    assert cleaned.code == 0, str(cleaned)
    assert _images() == []
