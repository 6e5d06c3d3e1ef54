"""The warehouse that the settings name, as commands open it."""

from __future__ import annotations

from nightdesk.settings import Settings, read_secret
from nightdesk.warehouse.connect import Connect, connect_to

#: Of the Airflow connection, and of the secret outside Airflow.
CONNECTION = "nightdesk_warehouse"


def connect_warehouse(settings: Settings) -> Connect:
    """Return what opens the warehouse."""
    return connect_to(settings.warehouse, read_secret(CONNECTION))
