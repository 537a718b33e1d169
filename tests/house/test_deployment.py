"""deploy/: what the units and the compose file start is what the Procfile names, with settings that exist."""

import re

import pytest
import yaml

from tests.running import ROOT

DEPLOY = ROOT / "deploy"
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]
PROGRAMS = {
    line.partition(":")[0]: line.partition(": ")[2] for line in (ROOT / "Procfile").read_text().splitlines() if line
}
# What makes the program what it is; numbers and queues differ from place to place.
ESSENCE = {
    "web": ["uvicorn", "hexlite.asgi:application", "--lifespan on", "--ws-max-size 65536"],
    "worker": ["celery -A hexlite.celery:app worker", "--pool threads", "--queues runs,sessions."],
    "beat": ["celery -A hexlite.celery:app beat"],
    "kernels": ["manage.py kernels"],
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_names_settings_that_exist(path):
    known = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", (ROOT / "docs" / "settings.md").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"HEXLITE_[A-Z_0-9]+", path.read_text())) <= known


@pytest.mark.parametrize("name", PROGRAMS)
def test_units_and_compose_start_what_the_procfile_names(name):
    unit = (DEPLOY / "systemd" / f"hexlite-{name}.service").read_text()
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"][name]
    for words in (PROGRAMS[name], unit, " ".join(service["command"])):
        missing = [one for one in ESSENCE[name] if one not in words]
        assert not missing, words


def test_the_compose_file_refers_to_what_it_has():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in compose["services"].items():
        assert set(service.get("depends_on", {})) <= set(compose["services"]), name
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"]), name
    assert (DEPLOY / "hexlite.env.example").exists()


def test_notebooks_share_no_network_with_the_database_and_redis():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    others = {network for name, service in services.items() if name != "kernels" for network in service["networks"]}
    assert services["kernels"]["networks"]
    assert not others & set(services["kernels"]["networks"])


def test_a_worker_has_the_time_it_takes_to_stop():
    worker = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["worker"]
    assert int(worker["stop_grace_period"].removesuffix("s")) > 30  # HEXLITE_STOP_SECONDS


def test_no_settings_with_passwords_get_into_an_image():
    assert {".git", "**/*.env", "**/.venv*", "var"} <= set((ROOT / ".dockerignore").read_text().splitlines())
