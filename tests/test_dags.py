"""The DAG files: found, importable, wired as the design says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DAGS = ROOT / "dags"

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory):
    os.environ.setdefault("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="nightdesk")


def test_every_file_is_a_dag_that_imports(bag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == {path.stem for path in DAGS.glob("*.py")}
    assert len(bag.dags) >= 4


@pytest.mark.parametrize(
    ("dag_id", "schedule", "tasks"),
    [
        (
            "nightdesk_nightly",
            "0 0 * * *",
            [
                "plan",
                "batches",
                "collect",
                "select",
                "extract",
                "deduplicate",
                "tag",
                "load",
            ],
        ),
        ("nightdesk_collect", "*/30 * * * *", ["due", "collect", "watch"]),
        ("nightdesk_publish", "nightdesk_warehouse", ["publish", "send"]),
        (
            "nightdesk_maintain",
            "0 8 * * 1",
            [
                "nights",
                "retain",
                "texts",
                "bar",
                "sweep",
                "tables",
                "compact",
                "verify",
                "learn",
                "disk",
                "logs",
                "metadata",
            ],
        ),
    ],
)
def test_schedule_and_tasks(bag, dag_id: str, schedule: str, tasks: list[str]) -> None:
    dag = bag.dags[dag_id]
    from airflow.serialization.serialized_objects import DagSerialization

    assert schedule in str(DagSerialization.serialize_dag(dag)["timetable"])
    assert [task.task_id for task in dag.tasks] == tasks
    assert not dag.catchup
    assert dag.max_active_runs == 1
    assert dag.doc_md
    assert "How to run it again" in dag.doc_md


def test_every_task_retries_documents_itself_and_uses_a_known_pool(bag) -> None:
    text = (ROOT / "include/config/pools.json").read_text()
    pools = {"default_pool", *json.loads(text)}
    for dag in bag.dags.values():
        for task in dag.tasks:
            where = f"{dag.dag_id}.{task.task_id}"
            assert task.retries >= 1, where
            assert task.pool in pools, where
            assert task.python_callable.__doc__, where
            assert task.execution_timeout, where
            told = task.on_failure_callback  # of a mapped task it is no list
            told = told if isinstance(told, list) else [told]
            assert [call.__name__ for call in told] == ["alert"], where


def test_writers_share_the_pool_of_one_slot(bag) -> None:
    pools = json.loads((ROOT / "include/config/pools.json").read_text())
    assert pools["nightdesk_warehouse"]["slots"] == 1
    for dag_id, task_id in [
        ("nightdesk_nightly", "load"),
        ("nightdesk_publish", "publish"),
        ("nightdesk_maintain", "texts"),
        ("nightdesk_maintain", "bar"),
        ("nightdesk_maintain", "sweep"),
        ("nightdesk_maintain", "tables"),
        ("nightdesk_maintain", "compact"),
    ]:
        task = bag.dags[dag_id].get_task(task_id)
        assert task.pool == "nightdesk_warehouse"


def test_the_asset_joins_load_and_publish(bag) -> None:
    outlets = bag.dags["nightdesk_nightly"].get_task("load").outlets
    assert [asset.name for asset in outlets] == ["nightdesk_warehouse"]


def test_params_of_the_nightly_dag_are_typed_and_described(bag) -> None:
    params = bag.dags["nightdesk_nightly"].params
    assert set(params) == {"sources", "refetch", "reprocess_from", "latest"}
    for name in params:
        schema = params.get_param(name).schema
        assert schema["type"], name
        assert params.get_param(name).description, name
    with pytest.raises(Exception, match="is not one of"):
        params["reprocess_from"] = "nowhere"
    sources = params.get_param("sources")
    assert sources.resolve(None) is None  # what the form sends of an emptied field
    assert "Override parameters" in sources.description


def test_a_failed_chore_stops_no_other_and_fails_the_run(bag) -> None:
    dag = bag.dags["nightdesk_maintain"]
    assert [t.task_id for t in dag.tasks if t.upstream_task_ids] == []


def test_upkeep_knows_every_dag_of_ours(bag) -> None:
    text = (DAGS / "nightdesk_maintain.py").read_text()
    assert all(f'"{dag_id.removeprefix("nightdesk_")}"' in text for dag_id in bag.dags)
