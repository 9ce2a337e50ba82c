"""What Compose made is looked at before anything starts: here a `docker` makes other things than it was told to."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

import pytest

from tests.e2e.example_copy import ExampleCopy, differences, state
from tests.support.docker import PROJECT_LABEL, SERVICE_LABEL

pytestmark = pytest.mark.docker

_SMALL = {"exclude_services": ["bot", "frontend"]}
_ATTACHES = """#!/bin/sh
case " $* " in *" up --no-start "*)
  "{observed}" "$@" || exit
  for service in api redis; do
    name=$("{real}" ps --all --quiet --filter label={project}=kiosk_temp --filter label={service}=$service)
    "{real}" network connect {network} "$name" || exit
  done
  exit
esac
exec "{observed}" "$@"
"""
_MOUNTS = """#!/bin/sh
for word do
  shift
  set -- "$@" "$word"
  [ "$word" != run ] || set -- "$@" --volume /etc:/host
done
exec "{observed}" "$@"
"""


def _in_front(example_copy: ExampleCopy, text: str, **values: str) -> Mapping[str, str]:
    """Put a `docker` that meddles in front of the observed one; give the environment in which it is found."""
    program = example_copy.folder / "meddling" / "docker"
    program.parent.mkdir()
    real = str(shutil.which("docker"))
    program.write_text(text.format(observed=example_copy.folder / "bin" / "docker", real=real, **values))
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{example_copy.environment()['PATH']}"}


def _states(example_copy: ExampleCopy) -> dict[str, str]:
    return {service: item["State"]["Status"] for service, item in example_copy.temp_containers().items()}


def test_what_was_not_planned_is_found_before_anything_starts(kiosk: ExampleCopy, bystanders: str) -> None:
    kiosk.configure(**_SMALL)
    values = {"network": bystanders, "project": PROJECT_LABEL, "service": SERVICE_LABEL}
    meddling = _in_front(kiosk, _ATTACHES, **values)
    before = state()
    done = kiosk.invoke("isolate", env=meddling)
    assert done.code == 2, str(done)
    reasons = [line for line in done.err.splitlines() if f"attached to the network {bystanders}" in line]
    assert [reason.split(" ")[0] for reason in reasons] == ["api", "redis"], str(done)
    assert "Nothing of the application was started" in done.err
    assert set(_states(kiosk).values()) == {"created"}
    done = kiosk.invoke("cleanup")
    assert done.code == 0, str(done)
    assert differences(before) == []


def test_a_one_off_container_that_was_not_planned_is_given_nothing_to_run(kiosk: ExampleCopy) -> None:
    kiosk.configure(**_SMALL)
    env = kiosk.root / "compose/api/migrations/env.py"
    env.write_text("raise SystemExit('env.py was run')\n")
    before = state()
    done = kiosk.invoke("isolate", env=_in_front(kiosk, _MOUNTS))
    assert done.code == 2, str(done)
    assert "the host folder /etc is mounted at /host, and it can write there" in done.err
    assert "env.py was run" not in done.text
    states = _states(kiosk)
    assert states.pop("postgres") == "running"
    assert set(states.values()) == {"created"}
    done = kiosk.invoke("cleanup")
    assert done.code == 0, str(done)
    assert differences(before) == []


def test_nothing_but_create_and_start_ever_starts_a_service(kiosk: ExampleCopy) -> None:
    kiosk.configure(exclude_services=["bot", "frontend", "api"], application_service="")
    done = kiosk.invoke("isolate", "cleanup")
    assert done.code == 0, str(done)
    verbs = [words for words in kiosk.docker_commands() if {"up", "start", "create", "run"} & set(words)]
    kinds = [next(word for word in words if word in ("up", "start", "create", "run")) for words in verbs]
    assert kinds == ["up", "start", "run", "start"]
    assert "--no-start" in verbs[0]
    looked = [words[:2] for words in kiosk.docker_commands() if words[1:2] == ["inspect"] or words[:1] == ["inspect"]]
    assert ["network", "inspect"] in looked
    assert ["volume", "inspect"] in looked
