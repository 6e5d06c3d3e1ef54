"""Installs nightdesk beside its checkout, starts a private Airflow, runs one night.

Standard library only: it runs before there is anything else. Never imports nightdesk
or Airflow; it asks the first through its command line and the second through REST.
"""
