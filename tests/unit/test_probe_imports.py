"""Revision files that name modules get the imports that they lack."""

from __future__ import annotations

import pytest

from migrations_tools.inapp.probe.imports import with_imports

HEAD = '"""x"""\nfrom alembic import op\nimport sqlalchemy as sa\n'


@pytest.mark.parametrize(
    ("body", "added"),
    [
        pytest.param("def upgrade():\n    json.decoder.JSONDecoder()\n", ["json.decoder"], id="a class of a module"),
        pytest.param("def upgrade():\n    json.loads('1')\n", ["json"], id="a function of a module"),
        pytest.param("import json\ndef upgrade():\n    json.loads('1')\n", [], id="imported already"),
        pytest.param("def upgrade():\n    import json\n    json.loads('1')\n", [], id="imported inside"),
        pytest.param("def upgrade(json):\n    json.loads('1')\n", [], id="a parameter"),
        pytest.param("def upgrade():\n    json = sa\n    json.text('1')\n", [], id="a variable"),
        pytest.param("def upgrade():\n    nobody_has_this.Type()\n", [], id="no module of that name"),
        pytest.param("def upgrade():\n    op.f('x').upper()\n", [], id="what a call gives"),
    ],
)
def test_a_dotted_name_without_an_import_gets_one(body: str, added: list[str]) -> None:
    text, found = with_imports(HEAD + body)
    assert found == added
    lines = "".join(f"import {name}  # AG01: named below\n" for name in added)
    inside = body.startswith("import ")
    assert text == (HEAD + body if inside else HEAD + lines + body)
    compile(text, "revision", "exec")


def test_imports_go_behind_the_last_one_and_nothing_else_changes() -> None:
    source = '"""x"""\r\nimport sqlalchemy as sa\r\n\r\nx = json.loads\r\n'
    assert with_imports(source)[0].splitlines() == [
        '"""x"""',
        "import sqlalchemy as sa",
        "import json  # AG01: named below",
        "",
        "x = json.loads",
    ]
