"""The compose file, as far as it can be judged without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(:[-?])?([^}]*)\}")
SECRET = re.compile(r"(KEY|SECRET|PASSWORD|CONN|BACKEND)$")


def find_schema_errors(compose: dict[str, Any]) -> list[str]:
    path = ROOT / "tests" / "data" / "compose-spec.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{e.json_path}: {e.message}" for e in validator.iter_errors(compose)]


def read_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return dict(pairs)


def list_settings() -> set[tuple[str, str]]:
    return {
        (name, key)
        for name, service in SERVICES.items()
        for key in service.get("environment", {})
        if re.fullmatch(r"AIRFLOW__[A-Z_]+?__[A-Z_]+", key)
    }


def test_compose_file_follows_the_schema() -> None:
    assert find_schema_errors(COMPOSE) == []


def test_schema_check_notices_a_condition_that_does_not_exist() -> None:
    broken = yaml.safe_load(TEXT.replace("service_healthy", "healthy"))
    assert find_schema_errors(broken)


def test_compose_file_has_the_services_of_a_celery_airflow() -> None:
    assert {
        "postgres", "redis", "init", "api-server", "scheduler", "dag-processor",
        "triggerer", "worker", "newsstand",
    } == set(SERVICES)  # fmt: skip


@pytest.mark.parametrize("name", [n for n in SERVICES if n != "init"])
def test_service_says_when_it_is_healthy(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", OURS)
def test_what_is_mounted_from_the_checkout_is_there(name: str) -> None:
    sources = [mount.split(":")[0] for mount in SERVICES[name]["volumes"]]
    folders = [source for source in sources if source.startswith(".")]
    assert {"./dags", "./plugins", "./include"} == set(folders)
    assert all((ROOT / folder).is_dir() for folder in folders)
    assert set(sources) - set(folders) <= set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", OURS)
def test_every_component_finds_package_data_and_warehouse(name: str) -> None:
    environment = SERVICES[name]["environment"]
    mounts = {m.split(":")[1] for m in SERVICES[name]["volumes"]}
    connection = json.loads(environment["AIRFLOW_CONN_NIGHTDESK_WAREHOUSE"])
    assert environment["PYTHONPATH"] in mounts
    assert environment["NIGHTDESK_DATA"] in mounts
    assert connection["conn_type"] == "duckdb"
    assert connection["host"].startswith(environment["NIGHTDESK_DATA"] + "/")


def test_ports_are_published_on_loopback_only() -> None:
    ports = [p for service in SERVICES.values() for p in service.get("ports", [])]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)
    assert not any(s.get("network_mode") == "host" for s in SERVICES.values())


def test_example_lists_exactly_the_variables_of_the_compose_file() -> None:
    assert set(read_example()) == {match[1] for match in VARIABLE.finditer(TEXT)}


def test_example_states_the_defaults_of_the_compose_file_and_no_secret() -> None:
    stated = read_example()
    for match in VARIABLE.finditer(TEXT):
        name, operator, default = match[1], match[2], match[3]
        assert operator in (":?", ":-"), f"{name}: neither required nor defaulted"
        assert stated[name] == (default if operator == ":-" else "")


def test_secrets_come_from_the_environment_and_are_required() -> None:
    found = {
        (name, key): str(value)
        for name, service in SERVICES.items()
        for key, value in service.get("environment", {}).items()
        if SECRET.search(key)
    }
    assert len({key for _, key in found}) == 7
    for where, value in found.items():
        assert any(m[2] == ":?" for m in VARIABLE.finditer(value)), where


@pytest.mark.parametrize("name", [n for n in OURS if n not in ("init", "newsstand")])
def test_component_starts_once_the_database_is_made(name: str) -> None:
    condition = SERVICES[name]["depends_on"]["init"]["condition"]
    assert condition == "service_completed_successfully"


def test_newsstand_starts_only_when_asked_for() -> None:
    asked = [n for n, service in SERVICES.items() if service.get("profiles")]
    assert asked == ["newsstand"]
    assert SERVICES["newsstand"]["profiles"] == ["sample"]


def test_mirrors_are_read_where_the_newsstand_writes_them() -> None:
    command = SERVICES["newsstand"]["command"]
    written = command[command.index("--mirrors-file") + 1]
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert f"With the profile `sample`: {written}\n" in text


def test_pools_file_has_one_writer_of_the_warehouse() -> None:
    path = ROOT / "include" / "config" / "pools.json"
    pools = json.loads(path.read_text(encoding="utf-8"))
    assert pools["nightdesk_warehouse"]["slots"] == 1
    assert all({"slots", "description"} <= set(pool) for pool in pools.values())
    assert "/opt/airflow/include/config/pools.json" in SERVICES["init"]["command"][-1]


def test_image_is_the_airflow_of_the_lock_and_installs_it_with_hashes() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    version = re.search(r"^apache-airflow==(\S+)", lock, re.MULTILINE)
    assert version is not None
    assert f"FROM apache/airflow:{version[1]}-python3.12\n" in image
    assert "--require-hashes" in image


def test_newsstand_command_is_one_that_nightdesk_parses() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nightdesk", *SERVICES["newsstand"]["command"], "-h"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "include")},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    options = [a for a in SERVICES["newsstand"]["command"] if a.startswith("--")]
    assert done.returncode == 0, done.stderr
    assert [option for option in options if option not in done.stdout] == []


@pytest.mark.airflow
def test_every_airflow_setting_exists(airflow_home: Path) -> None:
    from airflow.configuration import conf

    known = conf.configuration_description
    celery = {"BROKER_URL", "RESULT_BACKEND", "WORKER_CONCURRENCY"}
    wrong = []
    for _, key in list_settings():
        _, section, option = key.split("__")
        # The Celery provider describes its own section; it is only in the image.
        if section == "CELERY":
            assert option in celery
        elif option.lower() not in known[section.lower()]["options"]:
            wrong.append(key)
    assert wrong == []
    assert len(list_settings()) > 50


@pytest.mark.airflow
@pytest.mark.parametrize(
    "command",
    [
        *(SERVICES[n]["command"] for n in ("api-server", "scheduler", "triggerer")),
        SERVICES["dag-processor"]["command"],
        SERVICES["dag-processor"]["healthcheck"]["test"][2:],
        SERVICES["triggerer"]["healthcheck"]["test"][2:],
        *(
            line.split()[1:]
            for line in SERVICES["init"]["command"][-1].splitlines()
            if line.startswith("airflow ")
        ),
    ],
    ids=" ".join,
)
def test_command_is_one_that_airflow_parses(
    command: list[str], airflow_home: Path
) -> None:
    from airflow.cli import cli_parser

    assert callable(cli_parser.get_parser().parse_args(command).func)


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home, set before Airflow is imported for the first time, if it is."""
    home = tmp_path_factory.mktemp("airflow-home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(home))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        import airflow  # noqa: F401
    return home
