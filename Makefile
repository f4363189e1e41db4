# `make` alone lists what there is. Every target makes .venv first, which takes no time once it is there.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BOOTSTRAP := ./deploy/local/bootstrap.sh
PYTHON_ENV := .venv/bin/python
LOCAL := $(PYTHON_ENV) -m deploy.local
# The settings of the running system, for programs that are no part of it.
WITH_SETTINGS := set -a; . ./.local/env; set +a;
ARGS ?=

.PHONY: help env up down status logs demo seed admin replay folder migrate test check bench faults fmt lock

help: ## Help: list the targets
	@awk '/^[a-z]+:.*## / { \
		target = $$1; sub(/:$$/, "", target); text = $$0; sub(/.*## /, "", text); \
		group = text; sub(/: .*/, "", group); sub(/^[A-Za-z]+: /, "", text); \
		if (group != last) { printf "\n%s\n", group; last = group } \
		printf "  %-9s %s\n", target, text }' $(MAKEFILE_LIST)
	@echo

env: ## Run: make .venv with the locked requirements
	@$(BOOTSTRAP)

up: env ## Run: start everything on this machine and wait until it is ready (REPLICAS_MESSAGING_EVENTS=2 …)
	@$(LOCAL) up

down: env ## Run: stop everything; data is kept
	@$(LOCAL) down

status: env ## Run: list what runs
	@$(LOCAL) status

logs: env ## Run: follow the logs of all processes
	@$(LOCAL) logs

demo: up ## Try: the demo data, and one more conversation told step by step, from the first word to "read"
	@$(LOCAL) demo $(ARGS)

seed: up ## Try: fill in two demo tenants with people, conversations and templates; print their logins
	@$(LOCAL) seed $(ARGS)

admin: env ## Try: make somebody an admin of the platform and print the link for their password (EMAIL=address)
	@$(if $(EMAIL),:,echo 'Please say who: make admin EMAIL=address' >&2; exit 1)
	@$(WITH_SETTINGS) $(PYTHON_ENV) -m services.auth.commands.appoint_admin '$(EMAIL)'

replay: folder up ## Try: send recorded webhooks from a folder again (DIR=folder)
	@$(LOCAL) replay --dir '$(DIR)' $(ARGS)

folder:
	@$(if $(DIR),:,echo 'Please say which folder: make replay DIR=folder' >&2; exit 1)

migrate: env ## Data: bring all databases to their newest shape
	@$(LOCAL) migrate

test: env ## Check: all tests on servers of their own (TIER=unit|integration|e2e, ARGS='-k name' or ARGS=tests/…)
	@$(PYTHON_ENV) -m deploy.local.testing $(if $(TIER),--tier $(TIER)) -- $(ARGS)

check: env ## Check: formatting, lint, types, layers, spelling: what CI runs before the tests
	@$(PYTHON_ENV) -m ruff check .
	@$(PYTHON_ENV) -m ruff format --check .
	@$(PYTHON_ENV) -m mypy
	@.venv/bin/lint-imports
	@.venv/bin/codespell

bench: env ## Check: throughput and latency of each stage, on a system of its own
	@$(PYTHON_ENV) -m tests.bench $(ARGS)

faults: env ## Check: kill and stop parts of a system of its own under load and count what is lost
	@$(PYTHON_ENV) -m tests.faults $(ARGS)

fmt: env ## Code: format and put right what ruff can
	@$(PYTHON_ENV) -m ruff check --fix --quiet . || true
	@$(PYTHON_ENV) -m ruff format .

lock: env ## Code: lock the requirements anew after a change of requirements/*.in
	@for name in service gateway dev; do \
		.venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
			--python-version 3.11 --universal requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done
