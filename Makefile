# Every target of use is an alias of a command: `.venv/bin/flex-insights --help` has them all. Variables
# come from the command line or the environment; the command has their defaults.
export EVENTS DATA HIPAA_ACCOUNTS REPORTING_TIME_ZONE ENGINE
export ACCOUNT CUSTOMER BEFORE

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
	@echo "make build      load new events, build, test and publish the marts"
	@echo "                EVENTS=              file, folder or glob; several separated by ':' (default: data/events, else the sample)"
	@echo "                DATA=                folder for everything written (default: data; data/sample for the sample)"
	@echo "                HIPAA_ACCOUNTS=      AccountSids separated by commas, or 'all'"
	@echo "                REPORTING_TIME_ZONE= IANA time zone of local dates and times (default: UTC)"
	@echo "                ENGINE=              duckdb, or spark: the same marts as Parquet under DATA/spark (needs Java 17)"
	@echo "make docs       a site about tables, metrics and lineage under DATA"
	@echo "make redact     apply the HIPAA allow-list to what was loaded of ACCOUNT=AC…"
	@echo "make forget     erase CUSTOMER=… (phone, e-mail or external id; several with commas), with ACCOUNT= in one account only"
	@echo "make expire     remove what is older than BEFORE=2026-01-31"
	@echo ""
	@echo "make test       SQL style, unit tests, data tests, Python tests"
	@echo "make test-long  the same with the long random and kill tests"
	@echo "make test-spark builds on both engines, compared row by row (20 minutes)"
	@echo "make test-bi    published files read with DuckDB 1.0, 1.4, 2.0, SQLAlchemy, pandas, Polars, Arrow"
	@echo "make lint       SQL style"
	@echo "make bench      what full builds and one more day cost (BENCH='--days 48 480' for other sizes)"
	@echo "make check-truth      marts of a simulated contact centre against the truth (TRUTH='--days 48' for other sizes)"
	@echo "make compare-engines  the marts that DuckDB and Spark built in DATA, row by row"
	@echo "make lock       upgrade the lock files"
	@echo "make clean      remove what tests and tools leave behind; loaded data stays"

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

.PHONY: test-bi
test-bi: test-sample
	@sh tests/bi/run.sh .bi-venv $(TEST_DATA)/published

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
