"""Makes or migrates Airflow's own database; run by the environment's Python.

The one file here that imports Airflow. One process instead of `airflow db migrate`,
whose command line alone costs seconds.
"""

from __future__ import annotations


def main() -> None:
    """Bring the metadata database to the installed version."""
    from airflow.utils.db import initdb
    from airflow.utils.providers_configuration_loader import (
        providers_configuration_loaded,
    )

    providers_configuration_loaded(initdb)()


if __name__ == "__main__":
    main()
