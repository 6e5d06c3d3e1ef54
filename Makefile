# Every command of the README; each works alone on a clean clone.
PYTHON ?= python3
LAUNCH = $(PYTHON) include/launch.py
BIN = .venv/bin
WAITS = airflow or browser or kill or long
BACKENDS ?= .backends
export PEERS ?= .venv-peers
DUCKDB2 ?= .duckdb2

.PHONY: setup up night down upgrade test fast lint bench bench-peers chaos duckdb2 backends \
	engines pictures lock

setup:           ## only the install, into .venv
	$(LAUNCH) setup

up:              ## start Airflow, run last night, print the addresses, stay
	$(LAUNCH) up $(if $(PORT),--port $(PORT))

night:           ## one night through the real scheduler, then stop; the exit code says
	$(LAUNCH) night $(if $(PORT),--port $(PORT))

down:            ## stop what `make up` left running
	$(LAUNCH) down

upgrade:         ## after a pull: install, back up, migrate, say what changed
	$(LAUNCH) setup
	$(BIN)/nightdesk upgrade

test:            ## everything; what waits for Airflow or takes minutes runs beside the rest
	$(LAUNCH) setup --dev
	$(BIN)/python -m pytest -m "$(WAITS)" > .pytest-waits.log 2>&1 & waits=$$!; \
	$(BIN)/python -m pytest -m "not ($(WAITS))"; rest=$$?; \
	wait $$waits; waited=$$?; cat .pytest-waits.log; exit $$((rest + waited))

fast:            ## without Airflow, browser, kill and slow tests: about a minute
	$(LAUNCH) setup --dev
	$(BIN)/python -m pytest -m "not airflow and not browser and not kill and not slow"

lint:
	$(LAUNCH) setup --dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench:           ## every figure that docs/benchmarks.md claims, with its command
	$(LAUNCH) setup --dev
	$(BIN)/python tests/bench/run.py

bench-peers:     ## what `make bench` measures beside ours, in an environment of its own
	$(PYTHON) -m venv $(PEERS) && $(PEERS)/bin/pip install -q -r tests/bench/peers.txt

chaos:           ## kill runs, backfills, loads and publishes; damage files; nights in every order
	$(LAUNCH) setup --dev
	PYTHONPATH=include $(BIN)/python tests/chaos/drill.py --kills 50
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/backfills.py --kills 50
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/nights.py --kills 200
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/damage.py --damages 40
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/nights.py --kills 50 --engine postgres
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/tasks.py --seed 1
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/rebuilds.py --rebuilds 100
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/beside.py --nights 30 --hold 60
	PYTHONPATH=include:tests $(BIN)/python tests/chaos/order.py --articles 5000 --nights 30
	NIGHTDESK_CHAOS=1 $(BIN)/python -m pytest -q tests/test_orders.py tests/test_tag_offsets.py \
	    tests/e2e/test_past_in_airflow.py \
	    tests/e2e/test_night.py::test_a_large_night_is_what_the_newsstand_served

engines:         ## every test that opens a warehouse, on each engine (wants a Postgres)
	$(LAUNCH) setup --dev
	for engine in file lake postgres s3; do \
	    NIGHTDESK_NO_SKIPS=1 $(BIN)/python -m pytest -q --engine $$engine \
	        -m "not airflow and not browser and not kill and not shared" || exit 1; \
	done

duckdb2:         ## the tests of the warehouse under DuckDB 2.0.0, on the plain file
	$(LAUNCH) setup --dev
	$(PYTHON) -m pip install -q --no-deps --target $(DUCKDB2) --upgrade duckdb==2.0.0
	PYTHONPATH=$(DUCKDB2):include $(BIN)/python -m pytest -m "not lake" tests/test_warehouse.py \
	    tests/test_engines.py tests/test_links.py tests/test_upkeep.py tests/test_schema.py \
	    tests/test_build.py

backends:        ## the tagger on spaCy and GLiNER themselves (wants 5 GB)
	$(LAUNCH) setup --dev
	$(PYTHON) -m pip install -q --target $(BACKENDS) --upgrade -r tests/backends.txt
	PYTHONPATH=$(BACKENDS):include:tests NIGHTDESK_BACKENDS=1 $(BIN)/python -m pytest -q \
	    tests/test_backends.py

pictures:        ## the pictures of docs/, from the newsstand and from Airflow (wants chromium)
	$(LAUNCH) setup --dev
	PYTHONPATH=include:tests $(BIN)/python tests/pictures.py
	NIGHTDESK_PICTURES=docs $(BIN)/python -m pytest -q tests/e2e/test_past_in_airflow.py

lock:            ## make the hashed locks again from requirements*.in (wants uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes requirements-lake.in -o requirements-lake.txt
