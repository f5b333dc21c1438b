# One target, one job; `make` alone lists them. Every target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
KEY := data/samples/signing/release-key
CONFIG ?= data/samples/release.toml
PACKAGE := data/samples/releases/mihon-2026
STAGES := mesh locate tabulate protect map package pipeline

.DEFAULT_GOAL := help
.PHONY: help setup release doctor review plan verify inputs test lint format check sample notebooks docs contact-sheet bench bench-medians bench-smoke clean

help:  ## show this list / この一覧を表示
	@awk -F':.*## ' -v tongue="$${SDC_LANG:-$${LC_ALL:-$${LC_MESSAGES:-$$LANG}}}" \
		'/^[a-z-]+:.*## /{split($$2, told, " / "); both = $$2; \
		if (tongue ~ /^en/) both = told[1]; if (tongue ~ /^ja/) both = told[2]; \
		printf "  make %-13s %s\n", $$1, both}' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

setup: $(STAMP)  ## make the virtual environment / 仮想環境を用意

# The sample city's own key: made once, kept out of the repository, gone with `make clean`.
$(KEY): | $(STAMP)
	@rm -rf $(@D) && umask 077 && mkdir $(@D)
	@umask 077 && $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(24))' > $(@D)/passphrase
	$(BIN)/sdc keygen --out $@ --principal release@082996 --passphrase-file $(@D)/passphrase

release: $(STAMP) $(KEY)  ## sample city: records to a safe release package / サンプル市の公表パッケージを作成
	$(BIN)/sdc release $(CONFIG)

$(PACKAGE):
	$(MAKE) release

doctor: $(STAMP)  ## can this computer make a release? / この計算機で使えるか
	$(BIN)/sdc doctor

inputs: $(STAMP)  ## check the files and rules of CONFIG=file (sdc check) / 入力と規則を検査
	$(BIN)/sdc check $(CONFIG)

review: $(STAMP)  ## the reviewer's page and layers, internal (CONFIG=file) / 審査用のページ (庁内専用)
	$(BIN)/sdc review $(CONFIG)

plan: $(STAMP)  ## compare merging, collapsing, hiding (CONFIG=file) / 合算・集約・秘匿の比較
	$(BIN)/sdc plan $(if $(filter file,$(origin CONFIG)),data/samples/plan.toml,$(CONFIG))

verify: $(STAMP) $(PACKAGE)  ## check the sample's package / サンプルの公表パッケージを検証
	$(BIN)/sdc verify $(PACKAGE)

test: $(STAMP)  ## run the tests / テストを実行
	$(BIN)/python -m pytest -q -n auto --dist loadgroup

lint: $(STAMP)  ## style and types / 書式と型を検査
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)  ## put the code into house style / 書式をそろえる
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

check: lint test  ## lint and test: green before a change lands (data: inputs) / 開発用の全検査 (データは inputs)

sample: $(STAMP)  ## generate the sample city again / サンプル市を再生成
	$(BIN)/sdc sample --out data/samples

notebooks: $(STAMP)  ## run the five notebooks / 5つのノートブックを実行
	$(BIN)/python -m pytest -q notebooks

docs: $(STAMP)  ## the documentation as a site in site/ / 文書のサイトを site/ に作成
	$(BIN)/python docs/error_codes.py > docs/reference/errors.md
	$(BIN)/python docs/message_codes.py > docs/reference/messages.md
	$(BIN)/python docs/pictures.py docs/explanation/pictures
	$(BIN)/python docs/make_site.py site

contact-sheet: $(STAMP) $(PACKAGE)  ## all maps of the sample on one picture / サンプルの地図の一覧図
	$(BIN)/python docs/contact_sheet.py $(PACKAGE) docs/contact-sheet.jpg

bench: $(STAMP)  ## every stage at three sizes, results in bench/results / 各段階の性能を計測
	@mkdir -p bench/results
	@for stage in $(STAGES); do echo "$$stage ..."; \
	  $(BIN)/python bench/$$stage.py > bench/results/$$stage.json || exit 1; done
	@if [ -n "$$SDC_REAL_DATA" ]; then echo "real data ..."; \
	  $(BIN)/python bench/pipeline.py --shinjuku "$$SDC_REAL_DATA" > bench/results/shinjuku.json && \
	  $(BIN)/python bench/audit.py > bench/results/audit.jsonl && \
	  $(BIN)/python bench/suppression.py "$$SDC_REAL_DATA" 300 3k 3k3d 30k3d \
	    --json bench/results/suppression.json; fi

# DuckDB and polars take part where they are installed; the last line needs DuckDB, and 3 GB for its file.
bench-medians: $(STAMP)  ## speed beside rivals, medians of 3 runs, 10 minutes / 他の道具との比較を3回の中央値で計測
	@mkdir -p bench/results
	$(BIN)/python bench/mesh.py --sizes 10000000 --repeat 3 > bench/results/mesh-medians.json
	$(BIN)/python bench/locate.py --sizes 2000 20000 --repeat 3 > bench/results/locate-medians.json
	$(BIN)/python bench/tabulate.py --sizes 10000000 --repeat 3 > bench/results/tabulate-medians.json
	@if [ -n "$$SDC_REAL_DATA" ]; then for who in "" --readers; do \
	  $(BIN)/python bench/pipeline.py --shinjuku "$$SDC_REAL_DATA" $$who --repeat 3 \
	  > bench/results/shinjuku$$who-medians.json || exit 1; done; fi
	$(BIN)/python bench/tabulate.py --sizes 100000000 --ways sdc duckdb --repeat 3 \
	  > bench/results/hundred-million-medians.json

bench-smoke: $(STAMP)  ## run the benchmarks at tiny sizes, for correctness / 小さな規模で計測を試行
	@for stage in $(STAGES); do $(BIN)/python bench/$$stage.py --smoke || exit 1; done

clean:  ## remove what can be made again / 生成物を削除
	chmod -R u+w releases data/samples/releases 2>/dev/null || true
	rm -rf $(VENV) site releases data/samples/plan.json data/samples/releases data/samples/signing .mypy_cache .ruff_cache .pytest_cache .hypothesis
