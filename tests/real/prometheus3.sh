#!/bin/sh
# prometheus3.sh collector|main-path: tests that make test runs on Debian's Prometheus, on the one that PROMETHEUS3
# names. Exit 77 where it names none. One way to get it, in a module of Go 1.26:
#   go install -tags remove_all_sd github.com/prometheus/prometheus/cmd/prometheus@v0.316.0
set -eu
cd "$(dirname "$0")/../.."
[ -x "${PROMETHEUS3:-}" ] || exit 77
export PROMETHEUS="$PROMETHEUS3"
case $1 in
    collector)
        cmake --build "$MESHWARDEN_BUILD" --target test_collector_prometheus >&2
        "$MESHWARDEN_BUILD/tests/collector/test_collector_prometheus" ;;
    main-path) /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e/test_main_path.py >&2 ;;
esac
