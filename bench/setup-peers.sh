#!/usr/bin/env bash
# Installs the peers of the benchmarks outside the tree: into $SESSIONIZE_HEAVY, which is
# $HOME/.cache/sessionize-heavy unless said. Spark needs Java 17 beside it.
exec "$(dirname "$0")/../.ci/heavy.sh"
