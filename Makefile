# The README's two commands are `make demo` and `make test`; each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo up test lint bench faults fuzz screenshots train docs lock clean

demo: $(READY)
	$(BIN)/python -m scenarios.demo

up: $(READY)
	$(BIN)/python -m town.up

test: $(READY)
	$(BIN)/python tests/service/postgres.py
	$(BIN)/python tests/memory/redis_server.py
	$(BIN)/python tests/console/browser.py
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faults: $(READY)
	$(BIN)/python tests/service/postgres.py
	$(BIN)/python -m bench.faults

fuzz: $(READY)
	$(BIN)/python -m bench.fuzz_pictures --minutes 10

screenshots: $(READY)
	$(BIN)/python tests/console/browser.py
	$(BIN)/python -m tests.console.screenshots
	$(BIN)/python tests/square/screenshots.py

bench: $(READY)
	$(BIN)/python -m bench.speed
	$(BIN)/python -m bench.service
	$(BIN)/python -m bench.memory $(if $(wildcard ../shared/data/weibo_pool.parquet),--pool ../shared/data/weibo_pool.parquet)
	$(BIN)/python -m bench.copies ../shared/data
	$(BIN)/python -m bench.campaigns quality
	$(BIN)/python -m bench.trajectories
	$(BIN)/python -m bench.relations
	$(BIN)/python -m bench.pictures
	$(BIN)/python -m bench.links ../shared/data

docs: $(READY)
	$(BIN)/python -m portreeve.docs

lock: $(READY)
	$(BIN)/uv pip compile -q --universal --generate-hashes --extra dev --extra pictures --extra redis --extra square --extra train \
	  --custom-compile-command 'make lock' -o requirements.txt pyproject.toml

clean:
	rm -rf $(VENV) build dist

$(READY): requirements.txt pyproject.toml
	@echo "What is needed is put into $(VENV), once; it takes a minute or two."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)
