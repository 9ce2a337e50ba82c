"""The probe compiles a file once, and anew when it has changed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from migrations_tools.inapp.probe import compiling


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yield the paths that Python's own loader compiles while the probe's stands in front of it."""
    own, found = SourceFileLoader.source_to_code, list[str]()

    def counting(self: SourceFileLoader, data: Any, path: Any, **options: Any) -> CodeType:
        found.append(str(path))
        return own(self, data, path, **options)

    monkeypatch.setattr("sys.dont_write_bytecode", True)
    monkeypatch.setattr(SourceFileLoader, "source_to_code", counting)
    compiling.install()
    yield found
    monkeypatch.undo()


def test_a_file_is_compiled_once_and_anew_when_it_has_changed(compiled: list[str], tmp_path: Path) -> None:
    path = tmp_path / "0001_.py"
    path.write_text("revision = 'one'\n")
    first, second = _load(path), _load(path)
    assert (first.revision, second.revision) == ("one", "one")
    assert first is not second
    path.write_text("revision = 'two'\n")
    assert _load(path).revision == "two"
    assert compiled == [str(path), str(path)]


def _load(path: Path) -> Any:
    """Load a file as Alembic does."""
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
