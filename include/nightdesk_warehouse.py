"""The warehouse of the Airflow connection `nightdesk_warehouse`.

A plain file is opened by the provider's hook. Of a lake the hook opens the database in
memory that it is attached to, with all that the connection's extra sets (threads,
memory_limit ...); login and password are the key of its S3, or else
NIGHTDESK_SECRET_NIGHTDESK_WAREHOUSE. Beside the package and not in it, since it imports
Airflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.duckdb.hooks.duckdb import DuckDBHook

if TYPE_CHECKING:
    from nightdesk.warehouse.connect import Connect

CONNECTION = "nightdesk_warehouse"


def connect_warehouse(*, must_exist: bool = False) -> Connect:
    """Return what opens the warehouse, and makes it unless it must exist."""
    from nightdesk.settings import read_secret
    from nightdesk.warehouse.connect import connect_to
    from nightdesk.warehouse.lake import PREFIX

    hook = DuckDBHook(duckdb_conn_id=CONNECTION)
    known = hook.airflow_connection
    uri = str(hook.connection_extra.get("database") or (known and known.host) or "")
    if known is None:
        return hook.get_conn  # it says that there is no such connection
    if not uri.startswith(PREFIX):
        return connect_to(uri, open_file=hook.get_conn, must_exist=must_exist)
    key = f"{known.login}:{known.password}" if known.login else read_secret(CONNECTION)
    memory = DuckDBHook(duckdb_conn_id=CONNECTION, database=":memory:")
    return connect_to(uri, key, open_memory=memory.get_conn, must_exist=must_exist)
