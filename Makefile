# 联建 Lianjian. `make help` explains the targets and their parameters.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.SHELLFLAGS := -eu -c
MAKEFLAGS += --no-print-directory
export PYTHONUTF8 := 1
# Parameters reach the programs as environment variables, never as shell text.
export COURT NAME LEVEL CODE LEDGERS YEAR DEMO ARGS TO

PY := .venv/bin/python
BOOTSTRAP := sh deploy/local/bootstrap.sh
LOCK := .venv/bin/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links --no-annotate --quiet --group build

help: ## 显示本帮助
	@echo "联建 Lianjian：法院党支部工作的真实台账"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "参数（写在 make run、make start 之后，例：make run COURT=hai2 NAME=… LEVEL=basic LEDGERS=台账目录）"
	@awk -F '=.*## ' '/^#: [A-Z]+=.*## /{sub(/^#: /, "", $$1); printf "  %-10s %s\n", $$1, $$2}' Makefile

#: COURT= ## 法院标识：小写字母开头，2–32 位小写字母或数字；不写则为三个已联通的演示法院
#: NAME= ## 法院全称；新法院必写
#: LEVEL= ## 级别：supreme 最高、high 高级、intermediate 中级、basic 基层、specialised 专门；新法院必写
#: CODE= ## 代字，可不写
#: LEDGERS= ## 台账目录（党员名册、三会一课记录、主题党日台账，.xlsx）；不写则只启动，不导入
#: YEAR= ## 演示台账的年度；不写则为上一年度
#: DEMO= ## make court 的新法院用演示台账开始：DEMO=yes
#: ARGS= ## make cli、make bench 的参数，例：make cli ARGS="status"，make bench ARGS="--quick scale-out"
#: TO= ## make bundle 写到哪个目录；不写则为 dist/lianjian
#: DATA= ## make clean DATA=yes 连同 var/ 下全部法院数据一并删除

run: ## 启动并停在前台，Ctrl-C 停止；首次运行自动安装所需、导入台账
	@$(BOOTSTRAP) run
	@exec $(PY) -m deploy.local run

start: ## 在后台启动，就绪后返回
	@$(BOOTSTRAP) run
	@exec $(PY) -m deploy.local start

stop: ## 停止（前台或后台启动的都可以）
	@if [ -x $(PY) ]; then exec $(PY) -m deploy.local stop; else echo "没有在运行。"; fi

court: ## 给正在运行的加一个法院：make court COURT=ji0402 NAME=… LEVEL=basic DEMO=yes（或 LEDGERS=…）
	@$(BOOTSTRAP) run
	@exec $(PY) -m deploy.local court

court-stop: ## 停止其中一个法院，数据保留：make court-stop COURT=ji0402
	@$(BOOTSTRAP) run
	@exec $(PY) -m deploy.local court-stop

cli: ## 运行 lianjian 命令：make cli ARGS="status"，多个法院中的一个：ARGS="--court shi00 status"
	@$(BOOTSTRAP) run
	@eval "exec .venv/bin/lianjian $$ARGS"

test: lint ## 全部检查和测试（自带 PostgreSQL 与 RabbitMQ 私有实例）
	@exec $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-fast: ## 只测领域规则和架构，不需要数据库
	@$(BOOTSTRAP) dev
	@exec $(PY) -m pytest tests/domain tests/architecture

lint: ## ruff、mypy --strict、导入契约、compose 与 Dockerfile
	@$(BOOTSTRAP) dev
	@echo "ruff check";  .venv/bin/ruff check .
	@echo "ruff format"; .venv/bin/ruff format --check .
	@echo "mypy";        .venv/bin/mypy
	@echo "lint-imports"; .venv/bin/lint-imports
	@echo "compose";     .venv/bin/docker-compose -f docker-compose.yml --profile cli config --quiet
	@echo "compose tls"; LIANJIAN_CERTIFICATE=certificate.pem LIANJIAN_CERTIFICATE_KEY=key.pem \
		.venv/bin/docker-compose -f docker-compose.yml -f deploy/docker/tls.yml config --quiet
	@echo "hadolint";    .venv/bin/hadolint deploy/docker/Dockerfile deploy/docker/*/Dockerfile

faults: ## 两院联通的全部故障试验和全部植入缺陷，末尾一张表；只试几个：make faults ARGS="--only cable-cut"
	@$(BOOTSTRAP) dev
	@eval "exec $(PY) -m tests.faults.linked $$ARGS"

soak: ## 同样的故障，时间更长、数量更大（断开期间 20 万条）
	@$(BOOTSTRAP) dev
	@eval "exec $(PY) -m tests.faults.linked --long --no-plants $$ARGS"

bench: ## 测量：与同一次运行中的参照相比；只测几行：make bench ARGS="scale-out"
	@$(BOOTSTRAP) bench
	@eval "exec $(PY) -m deploy.bench $$ARGS"

bundle: ## 离线包：程序、软件包、引擎、校验和在一个目录，断网可 make run
	@$(BOOTSTRAP) run
	@exec $(PY) -m deploy.bundle

lock: ## 重新生成三份依赖锁定文件
	@$(BOOTSTRAP) dev
	@$(LOCK) -o requirements.txt
	@$(LOCK) --group dev -o requirements-dev.txt
	@$(LOCK) --group dev --group bench -o requirements-bench.txt

clean: ## 删除 .venv 和缓存；加 DATA=yes 连同数据
	@if [ -x $(PY) ]; then $(PY) -m deploy.local stop; fi
	@if [ "$(DATA)" = yes ] && [ -x $(PY) ]; then $(PY) -m deploy.local erase; fi
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help run start stop court court-stop cli test test-fast lint faults soak bench bundle lock clean
