"""From Compose files to one map of services: several files, `include` and `extends`.

https://docs.docker.com/reference/compose-file/include/, https://docs.docker.com/reference/compose-file/services/#extends.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from migrations_tools.discovery.compose_yaml.dotenv import read_files
from migrations_tools.discovery.compose_yaml.failing import fail
from migrations_tools.discovery.compose_yaml.forms import READ, Base, formed, is_remote
from migrations_tools.discovery.compose_yaml.interpolation import interpolated
from migrations_tools.discovery.compose_yaml.merging import merged, merged_services
from migrations_tools.discovery.compose_yaml.tagged import Override, Reset, untagged
from migrations_tools.discovery.compose_yaml.yaml_text import documents

Services = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """What files that belong together share: the folder of relative paths, the variables, who includes them."""

    base: Base
    variables: Mapping[str, str]
    including: tuple[Path, ...] = ()


def load(files: Sequence[Path], model: Model) -> Services:
    """Return the services of files, the later laid over the earlier, in the forms of `forms.py` and without tags.

    Raises CannotProceed, naming file and place, for what cannot be followed.
    """
    together: Services = {}
    for file in files:
        for document in documents(file):
            own = _services(document, file, model)
            extended = {name: _extended(name, own, file, model, ()) for name in own}
            together = merged_services(together, _with_included(extended, document, file, model))
    return {name: _with_context(service, model.base) for name, service in untagged(together).items()}


def _with_context(service: dict[str, Any], base: Base) -> dict[str, Any]:
    build = service.get("build")
    if build is None or "context" in build:
        return service
    return {**service, "build": {**build, "context": str(base.folder)}}


def _services(document: Mapping[str, Any], file: Path, model: Model) -> Services:
    place = f"{file}: services"
    services = document.get("services", {})
    if not isinstance(services, dict):
        fail(place, "a map of services belongs here.")
    return {name: _service(service, f"{place}.{name}", model) for name, service in services.items()}


def _service(service: Any, place: str, model: Model) -> Any:
    if isinstance(service, Reset):
        return service
    if isinstance(service, Override):
        return Override(_service(service.value, place, model))
    if not isinstance(service, dict):
        fail(place, "a service is a map.")
    read = {key: value for key, value in service.items() if key in READ}
    plain = {key: interpolated(value, model.variables, f"{place}.{key}") for key, value in read.items()}
    return formed(plain, place, model.base)


# --- extends -----------------------------------------------------------------------------------------------------


def _extended(name: str, services: Services, file: Path, model: Model, chain: tuple[tuple[Path, str], ...]) -> Any:
    """Return a service laid over the one that it extends, and so on."""
    service = services[name]
    if isinstance(service, Override):
        return Override(_extended(name, {**services, name: service.value}, file, model, chain))
    extends = untagged(service).get("extends") if isinstance(service, dict) else None
    if not extends:
        return service
    place = f"{file}: services.{name}.extends"
    if (file, name) in chain:
        fail(place, "the services extend each other in a circle.")
    where, others = _extended_file(extends, services, file, model)
    if extends["service"] not in others:
        fail(place, f"there is no service {extends['service']} in {where}.")
    base = _extended(extends["service"], others, where, model, (*chain, (file, name)))
    own = {key: value for key, value in service.items() if key != "extends"}
    return own if isinstance(base, Reset) else merged(base.value if isinstance(base, Override) else base, own)


def _extended_file(extends: Mapping[str, Any], own: Services, file: Path, model: Model) -> tuple[Path, Services]:
    if not extends["file"]:
        return file, own
    other = Path(extends["file"])
    inside = replace(model, base=replace(model.base, folder=other.parent))
    services: Services = {}
    for document in documents(other):
        services = merged_services(services, _services(document, other, inside))
    return other, services


# --- include -----------------------------------------------------------------------------------------------------


def _with_included(own: Services, document: Mapping[str, Any], file: Path, model: Model) -> Services:
    together = dict(own)
    for name, service in _included(document, file, model):
        if name in together and untagged(together[name]) != service:
            fail(f"{file}: services.{name}", "an included file has another service of this name.")
        together[name] = service
    return together


def _included(document: Mapping[str, Any], file: Path, model: Model) -> Iterator[tuple[str, Any]]:
    place = f"{file}: include"
    includes = interpolated(document.get("include", []), model.variables, place)
    if not isinstance(includes, list):
        fail(place, "a list belongs here.")
    for number, include in enumerate(includes):
        entry = include if isinstance(include, dict) else {"path": include}
        yield from _include(entry, f"{place}[{number}]", replace(model, including=(*model.including, file))).items()


def _include(entry: Mapping[str, Any], place: str, model: Model) -> Services:
    files = [Path(model.base.absolute(path)) for path in _paths(entry.get("path"), place)]
    if not files:
        fail(place, "a `path` belongs here.")
    if files[0] in model.including:
        fail(place, f"{files[0]} is included in a circle.")
    folder = files[0].parent
    if entry.get("project_directory"):
        folder = Path(model.base.absolute(str(entry["project_directory"])))
    named = [Path(model.base.absolute(path)) for path in _paths(entry.get("env_file"), place)]
    beside = [folder / ".env"] if (folder / ".env").is_file() else []
    own = read_files(named or beside, model.variables)
    variables = ChainMap(dict(model.variables), own)
    return load(files, replace(model, base=replace(model.base, folder=folder), variables=variables))


def _paths(value: Any, place: str) -> list[str]:
    paths = [] if value is None else value if isinstance(value, list) else [value]
    for path in paths:
        if not isinstance(path, str):
            fail(place, "a path, or a list of paths, belongs here.")
        if is_remote(path):
            fail(place, f"{path} would have to be fetched, which is not done here.")
    return paths
