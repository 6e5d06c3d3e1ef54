"""The warehouse that the settings name, as commands open it."""

from __future__ import annotations

from nightdesk.settings import Settings, read_secret
from nightdesk.warehouse.connect import Connect, connect_to

#: Of the Airflow connection, and of the secret outside Airflow.
CONNECTION = "nightdesk_warehouse"


def connect_warehouse(settings: Settings, *, must_exist: bool = False) -> Connect:
    """Return what opens the warehouse, and makes it unless it must exist."""
    key = read_secret(CONNECTION)
    return connect_to(settings.warehouse, key, must_exist=must_exist)
