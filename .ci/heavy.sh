#!/usr/bin/env bash
# Puts what only some tests and benchmarks need into one folder outside the tree:
#   $SESSIONIZE_HEAVY/python   a virtual environment with the packages of PYTHON
#   $SESSIONIZE_HEAVY/npm      node_modules with the packages of NPM
# The folder is $HOME/.cache/sessionize-heavy unless SESSIONIZE_HEAVY says another. Runs as often as
# wanted: nothing is done while the lists below are the ones installed.
set -euo pipefail

# Add a package here; keep each list on one line a package.
PYTHON=(
  chdb    # ClickHouse, a peer in the benchmarks
  'dbt-core<1.11'   # the printed models in a project; later ones are not all on PyPI
  'dbt-duckdb<1.11'
  duckdb  # a reader of Arrow streams
  pandas  # a peer, and a reader of Arrow streams
  polars  # a peer, and a reader of Arrow streams
  pyarrow # a reader of Arrow streams
  pyspark # Spark, with its own standalone cluster
  sqlglot # a parser of other engines' SQL
)
NPM=(
  chdb # ClickHouse under the tests of its engine
)

root=${SESSIONIZE_HEAVY:-$HOME/.cache/sessionize-heavy}
mkdir -p "$root"
# Two runs at once would write the same folders.
exec 9>"$root/lock"
flock 9 2>/dev/null || true

# installed NAME LIST COMMAND...: runs the command unless NAME holds LIST already.
installed() {
  local name=$1 list=$2
  shift 2
  local stamp=$root/$name.installed
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$list" ] && return 0
  echo "installing into $root/$name: $list"
  rm -f "$stamp"
  "$@"
  printf '%s\n' "$list" >"$stamp"
}

python_packages() {
  [ -x "$root/python/bin/python" ] || python3 -m venv "$root/python"
  "$root/python/bin/python" -m pip install --quiet --disable-pip-version-check "${PYTHON[@]}"
}

npm_packages() {
  mkdir -p "$root/npm"
  [ -f "$root/npm/package.json" ] || echo '{"private":true}' >"$root/npm/package.json"
  npm install --prefix "$root/npm" --no-audit --no-fund --loglevel=error "${NPM[@]}"
}

installed python "$("python3" --version) ${PYTHON[*]}" python_packages
installed npm "node $(node -p 'process.versions.modules') ${NPM[*]}" npm_packages
