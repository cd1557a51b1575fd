# Every target of use is an alias of a command: `.venv/bin/flex-insights --help` has them all. Variables
# come from the command line or the environment; the command has their defaults.
export EVENTS DATA HIPAA_ACCOUNTS REPORTING_TIME_ZONE ENGINE
export ACCOUNT CUSTOMER COUNTRY TASK BEFORE

BIN := .venv/bin
READY := .venv/.ready
# Spark comes with an environment of its own, so that nobody else has to install it.
SPARK_BIN := .venv-spark/bin
SPARK_READY := .venv-spark/.ready
ENGINE ?= duckdb
# Tests have settings of their own, whatever the shell that starts them has set.
TEST_DATA := data/test
AS_TEST := env -u HIPAA_ACCOUNTS -u REPORTING_TIME_ZONE -u ENGINE EVENTS=sample/events DATA=$(TEST_DATA) SAMPLE_DATA=$(TEST_DATA)
PYTEST := $(AS_TEST) $(BIN)/python -m pytest -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help build redact forget expire test test-long lint lock clean

help:
	@echo "make build       load new event files, build and test the tables, publish them"
	@echo "                 EVENTS=              file, folder or glob; separate several with ':' (default: data/events, else the sample)"
	@echo "                 DATA=                folder for everything that is written (default: data; data/sample for the sample)"
	@echo "                 HIPAA_ACCOUNTS=      AccountSids separated by commas, or 'all'"
	@echo "                 REPORTING_TIME_ZONE= IANA time zone of local dates and times (default: UTC)"
	@echo "                 ENGINE=              duckdb, or spark: the same tables on Spark, as Parquet in DATA/spark (needs Java 17)"
	@echo "make redact      filter what was loaded of ACCOUNT=AC… by the HIPAA allow-list"
	@echo "make forget      erase CUSTOMER=… (phone, e-mail or external id; separate several with commas), optionally only in ACCOUNT=;"
	@echo "                 COUNTRY=US also finds phone numbers in that country's national notation;"
	@echo "                 or remove all events of TASK=WT…, which a failed build has named"
	@echo "make expire      remove what is older than BEFORE=2026-01-31"
	@echo "make docs        write a site about tables, metrics and lineage to DATA/docs"
	@echo "make test        SQL style, unit tests, data tests, Python tests"
	@echo "make test-long   the same, with the long random and kill tests"
	@echo "make test-spark  test that both engines build the same tables (20 minutes, needs Java 17)"
	@echo "make test-bi     read published files with DuckDB 1.0, 1.4, 2.0, SQLAlchemy, pandas, Polars, Arrow"
	@echo "make test-twilio check requests to Twilio against its OpenAPI description (needs npm; TWILIO_OPENAPI=folder)"
	@echo "make bench       measure full builds and builds with one more day (BENCH=\"--days 48 480\" for other sizes)"
	@echo "make check-truth compare the tables of a simulated contact centre with what happened (TRUTH=\"--days 48\" for other sizes)"
	@echo "make compare-engines compare every table that DuckDB and Spark built in DATA, row by row"
	@echo "make pages       write what is generated in README.md and docs/"
	@echo "make lint        SQL style"
	@echo "make lock        update all packages in the lock files"
	@echo "make clean       remove what tests and tools leave behind; loaded data stays"

ifeq ($(ENGINE),spark)
build: $(SPARK_READY)
	@$(SPARK_BIN)/flex-insights build
else
build: $(READY)
	@$(BIN)/flex-insights build
endif

redact forget expire: $(READY)
	@$(BIN)/flex-insights $@

test: lint test-sample
	$(PYTEST)

test-long: lint test-sample
	$(PYTEST) -m "long or not long"

.PHONY: test-spark
test-spark: $(SPARK_READY)
	$(AS_TEST) $(SPARK_BIN)/python -m pytest tests/spark

.PHONY: docs
docs: $(READY)
	@$(BIN)/flex-insights docs

.PHONY: pages
pages: $(READY)
	@$(BIN)/python -m workshop.pages

.PHONY: test-bi
test-bi: test-sample
	@sh tests/bi/run.sh .bi-venv $(TEST_DATA)/published

# Prism, from npm, judges by Twilio's description of its API (TWILIO_OPENAPI: the folder that holds it).
PRISM_READY := tests/twilio/node_modules/.package-lock.json

.PHONY: test-twilio
test-twilio: $(READY) $(PRISM_READY)
	$(BIN)/python -m pytest -rs tests/twilio

$(PRISM_READY): tests/twilio/package-lock.json
	npm ci --prefix tests/twilio --ignore-scripts

.PHONY: bench
bench: $(READY)
	@$(BIN)/python -m workshop.bench $(BENCH)

.PHONY: check-truth
check-truth: $(READY)
	@$(BIN)/python -m workshop.check_truth $(TRUTH)

.PHONY: compare-engines
compare-engines: $(READY)
	@$(BIN)/python -m workshop.compare_engines

.PHONY: test-sample
test-sample: $(READY)
	rm -rf $(TEST_DATA)
	$(AS_TEST) $(BIN)/flex-insights build --unit-tests

lint: $(READY)
	$(AS_TEST) $(BIN)/sqlfluff lint models tests/data

LOCKS := requirements.txt
SPARK_LOCKS := $(LOCKS) requirements-spark.txt
SETUP := requirements-uv.txt pyproject.toml

$(READY): $(LOCKS) $(SETUP)
	@sh scripts/setup.sh .venv $(LOCKS)

$(SPARK_READY): $(SPARK_LOCKS) $(SETUP)
	@sh scripts/setup.sh .venv-spark $(SPARK_LOCKS)

# Only the main index: others may hold the files of some platforms only.
COMPILE := UV_INDEX= UV_FIND_LINKS= $(BIN)/python scripts/uv_like_pip.py pip compile -q --upgrade --universal --python-version 3.10 \
    --generate-hashes --no-strip-extras --no-annotate --custom-compile-command "make lock"

# requirements-spark.txt holds only what Spark adds.
lock: $(READY)
	$(COMPILE) --group setup -o requirements-uv.txt
	$(COMPILE) pyproject.toml --group dev -o requirements.txt
	$(COMPILE) --group spark -c requirements.txt -o requirements-spark.txt \
	    $$(sed -n 's/^\([a-z0-9._-]*\).*==.*/--no-emit-package \1/p' requirements.txt | sort -u)

clean:
	rm -rf $(TEST_DATA) target logs .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +
