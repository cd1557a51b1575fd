# Variables of `make build`, read from the command line or the environment;
# scripts/flex_insights/settings.py has their defaults.
export EVENTS DATA HIPAA_ACCOUNTS REPORTING_TIME_ZONE ENGINE
# and of the commands that take something out of what was loaded
export ACCOUNT CUSTOMER COUNTRY BEFORE
# where the product's package is
export PYTHONPATH := $(CURDIR)/scripts

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
	@echo "make build      load new event files, build and test the marts, publish them"
	@echo "                EVENTS=              file, folder or glob; several separated by ':' (default: data/events, else the sample)"
	@echo "                DATA=                folder for everything written (default: data; data/sample for the sample)"
	@echo "                HIPAA_ACCOUNTS=      AccountSids separated by commas, or 'all'"
	@echo "                REPORTING_TIME_ZONE= IANA zone of dates and times in the marts (default: UTC)"
	@echo "                ENGINE=              duckdb, or spark: the same marts on Spark, as Parquet under DATA/spark (needs Java 17)"
	@echo "make redact     put what has landed of ACCOUNT=AC… through the HIPAA allow-list"
	@echo "make forget     erase CUSTOMER=… (phone, e-mail or external id; several with commas), in ACCOUNT= only if given;"
	@echo "                COUNTRY=US reads phone numbers in national notation as well"
	@echo "make expire     remove what is older than BEFORE=2026-01-31"
	@echo "make test       lint, unit tests, data tests, Python tests"
	@echo "make test-long  the same with the long random and kill tests"
	@echo "make test-spark both engines build the same marts: macros, unit tests, data tests, every row (20 minutes)"
	@echo "make test-bi    read published files with DuckDB 1.0, 1.4, 2.0, SQLAlchemy, pandas, Polars, Arrow"
	@echo "make bench      what full builds and one more day cost (BENCH=\"--days 48 480\" for other days)"
	@echo "make check-truth marts of a simulated centre against its truth (TRUTH=\"--days 48\" for other sizes)"
	@echo "make docs       a site on tables, metrics and lineage under DATA, and docs/measures.md, of what was built"
	@echo "make lint       SQL style"
	@echo "make lock       resolve the packages anew into requirements.txt"
	@echo "make clean      remove what tests and tools leave behind; loaded data stay"

ifeq ($(ENGINE),spark)
build: $(SPARK_READY)
	@$(SPARK_BIN)/python -m flex_insights.build
else
build: $(READY)
	@$(BIN)/python -m flex_insights.build
endif

redact forget expire: $(READY)
	@$(BIN)/python -m flex_insights.privacy.command $@

test: lint test-sample
	$(PYTEST)

test-long: lint test-sample
	$(PYTEST) -m "long or not long"

.PHONY: test-spark
test-spark: $(SPARK_READY)
	$(AS_TEST) $(SPARK_BIN)/python -m pytest tests/spark

.PHONY: docs
docs: $(READY)
	@$(BIN)/python -m flex_insights.make_docs

.PHONY: test-bi
test-bi: test-sample
	@sh tests/bi/run.sh .bi-venv $(TEST_DATA)/published

.PHONY: bench
bench: $(READY)
	@$(BIN)/python -m workshop.bench $(BENCH)

.PHONY: check-truth
check-truth: $(READY)
	@$(BIN)/python -m workshop.check_truth $(TRUTH)

.PHONY: test-sample
test-sample: $(READY)
	rm -rf $(TEST_DATA)
	$(AS_TEST) $(BIN)/python -m flex_insights.build --unit-tests

# sqlfluff has dbt compile the models, which opens a database; that of the tests will do.
lint: $(READY)
	@mkdir -p $(TEST_DATA)
	$(AS_TEST) $(BIN)/sqlfluff lint models tests/data

$(READY): requirements.txt
	@sh scripts/setup.sh .venv requirements.txt

$(SPARK_READY): requirements-spark.txt
	@sh scripts/setup.sh .venv-spark requirements-spark.txt

COMPILE := .lock-venv/bin/uv pip compile pyproject.toml --universal --python-version 3.10 --generate-hashes \
    --no-strip-extras --no-annotate --no-config -q --custom-compile-command "make lock" --group dev

lock:
	python3 -m venv .lock-venv
	.lock-venv/bin/pip install -q uv
	$(COMPILE) --upgrade -o requirements.txt
	cp requirements.txt requirements-spark.txt
	$(COMPILE) --group spark -o requirements-spark.txt
	rm -rf .lock-venv

clean:
	rm -rf $(TEST_DATA) target logs .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +
