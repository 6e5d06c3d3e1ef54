# Airflow with what nightdesk asks for; the code itself is mounted (docker-compose.yaml).
#
# The image brings the Celery and Postgres providers and their clients. The lock names
# every package of nightdesk and of Airflow's core with its hash, at the versions that
# the tests run with: what the image has at the same version stays, the rest is replaced.
# What the lock does not name (celery, redis, psycopg2) stays as the image has it, so the
# last step imports both sides: a pair that does not fit breaks the build, not the night.
FROM apache/airflow:3.3.2-python3.12

COPY --chown=airflow:0 requirements.txt /opt/airflow/requirements.txt
RUN pip install --no-cache-dir --require-hashes -r /opt/airflow/requirements.txt

# Named volumes take their owner from the folder in the image.
RUN mkdir -p /opt/airflow/data /opt/airflow/auth /opt/airflow/logs

RUN airflow version \
    && python -c "import airflow.providers.celery.executors.celery_executor, psycopg2, redis" \
    && python -c "import duckdb, fastwarc, pyarrow, trafilatura, zstandard"

ENV PYTHONPATH=/opt/airflow/include \
    NIGHTDESK_DATA=/opt/airflow/data
