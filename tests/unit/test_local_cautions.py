"""Without containers too, the application runs with the project's own variables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.discovery.alembic import Setup
from migrations_tools.discovery.compose_files import ComposeFiles
from migrations_tools.discovery.interpreter import Interpreter
from migrations_tools.discovery.project import NO_DATABASE, Project
from migrations_tools.discovery.services import Application
from migrations_tools.journal import Journal
from migrations_tools.report.console import Console
from migrations_tools.sandbox.local.local_project import Source
from migrations_tools.sandbox.local.warnings import show_cautions
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import Settings

_VARIABLES = {"SECRET_KEY": "own", "STRIPE_SECRET_KEY": "live$$secret", "SMTP_PASSWORD": "live", "SMTP_HOST": "mailhog"}


def _said(root: Path, capsys: pytest.CaptureFixture[str], **settings: Any) -> str:
    project = Project(
        root=root,
        name="shop",
        compose=ComposeFiles((), root, "none"),
        alembic_service="migrate",
        alembic=Setup(root / "alembic.ini", (), ()),
        config_candidates=(),
        database=NO_DATABASE,
        application=Application("api", 80, "/"),
        build_contexts=(),
    )
    services = {
        "api": {"environment": _VARIABLES},
        "migrate": {"environment": {"OPENAI_API_KEY": "live"}},
        "bot": {"environment": {"TELEGRAM_BOT_TOKEN": "live"}},
        "mailhog": {},
    }
    source = Source(project, {"name": "shop", "services": services}, Interpreter((sys.executable,), "the test"))
    show_cautions(Session(root, Settings(**settings), Journal(root, "_temp"), Console()), source)
    return " ".join(capsys.readouterr().out.split())


def test_what_the_application_or_alembic_is_given_for_outside_services_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = _said(tmp_path, capsys)
    assert "OPENAI_API_KEY, STRIPE_SECRET_KEY may give the application live access to outside services" in said
    assert "`environment: {api: {OPENAI_API_KEY: '', STRIPE_SECRET_KEY: ''}}`" in said
    assert "live$secret" not in said


def test_what_is_blanked_for_the_copy_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blank = {"api": {"STRIPE_SECRET_KEY": ""}, "migrate": {"OPENAI_API_KEY": ""}}
    assert _said(tmp_path, capsys, environment=blank) == ""
