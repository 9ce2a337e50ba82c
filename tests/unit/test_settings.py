from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from migrations_tools import settings
from migrations_tools.errors import CannotProceed


def _reasons(values: dict[str, object]) -> tuple[str, ...]:
    with pytest.raises(CannotProceed) as caught:
        settings.load(values)
    return caught.value.reasons


def test_every_setting_has_words_that_end_in_a_full_stop() -> None:
    assert all(words.endswith(".") for words in settings.describe().values())
    assert list(settings.describe()) == [item.name for item in fields(settings.Settings)]


def test_the_defaults_are_valid() -> None:
    assert settings.load(settings.defaults(Path("/nowhere"))[settings.SECTION]) == settings.Settings()


def test_an_unknown_key_is_named_with_the_nearest_known_one() -> None:
    assert _reasons({"databse_service": "db"}) == (
        "`migrations_tools.databse_service` is not a setting; did you mean `database_service`?",
    )


def test_all_mistakes_are_told_at_once() -> None:
    assert _reasons({"nonsense": 1, "http_timeout": "soon", "compose_files": "a.yml", "profiles": [1]}) == (
        "`migrations_tools.nonsense` is not a setting.",
        "`migrations_tools.http_timeout` must be a whole number, not a text.",
        "`migrations_tools.compose_files` must be a list, not a text.",
        "`migrations_tools.profiles` must be a list of texts; number 1 is a whole number; write it in quotes.",
    )


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({"engine": "podman"}, "`migrations_tools.engine` must be one of", id="unknown engine"),
        *(
            pytest.param({"suffix": suffix}, "`migrations_tools.suffix` must be _ or - and then words", id=name)
            for suffix, name in {
                "_T": "upper-case suffix",
                "_t; rm": "suffix with a shell in it",
                "ff": "suffix that ends a word",
                "_": "suffix without a letter",
                "_temp_": "suffix that no image can end in",
                "": "no suffix",
                "_temp\n": "suffix with a line break",
                "_../x": "suffix that leads to another folder",
                "_temp" * 4: "suffix that leaves no room for a name",
            }.items()
        ),
        pytest.param({"start_timeout": 0}, "`migrations_tools.start_timeout` must be at least 1", id="no time at all"),
        pytest.param(
            {"http_timeout": True}, "`migrations_tools.http_timeout` must be a whole number", id="a yes for a number"
        ),
        pytest.param(
            {"log_patterns": ["("]}, "`migrations_tools.log_patterns` has '(', which is no", id="broken pattern"
        ),
        pytest.param(
            {"internal": "yes"}, "`migrations_tools.internal` must be true or false", id="a text for a yes or no"
        ),
        pytest.param(
            {"internal": 1}, "`migrations_tools.internal` must be true or false", id="a number for a yes or no"
        ),
        pytest.param(
            {"application_command": "serve 'a"},
            "`migrations_tools.application_command` cannot be read as a command line: No closing quotation.",
            id="quotes that do not end",
        ),
        pytest.param(
            {"environment": {"api": ["X=1"]}}, "`migrations_tools.environment.api` must be a value", id="a list"
        ),
    ],
)
def test_a_value_out_of_range_is_refused(values: dict[str, object], reason: str) -> None:
    (told,) = _reasons(values)
    assert told.startswith(reason)


def test_variables_of_no_service_are_the_applications() -> None:
    chosen = settings.load({"environment": {"SECRET_KEY": "x", "OLD": None, "api": {"SMTP_HOST": ""}}})
    assert chosen.environment == {"": {"SECRET_KEY": "x", "OLD": None}, "api": {"SMTP_HOST": ""}}
    assert settings.changed(chosen, suffix="_other").environment == chosen.environment


def test_pyproject_is_the_lowest_level(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.migrations_tools]\nsuffix = "_scratch"\n')
    values = settings.defaults(tmp_path)[settings.SECTION]
    assert (values["suffix"], values["engine"]) == ("_scratch", "auto")


def test_broken_toml_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.migrations_tools\n")
    with pytest.raises(CannotProceed, match=r"pyproject\.toml is not valid TOML"):
        settings.defaults(tmp_path)


@pytest.mark.parametrize("mark", ["invoke.yaml", "tasks.py"])
def test_the_root_is_the_nearest_folder_upwards_with_invokes_files(tmp_path: Path, mark: str) -> None:
    (tmp_path / mark).touch()
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert settings.find_root(inner) == tmp_path
