#!/bin/sh
# Tests against real parts that Debian lacks or that a test run does not need. What cannot be had is named as skipped,
# never counted as passed. Last line: N passed, N failed, N skipped. About two minutes.
set -eu
cd "$(dirname "$0")/../.."
export MESHWARDEN_BUILD="${MESHWARDEN_BUILD:-$PWD/build/release}"
passed=0 failed=0 skipped=0
try() {
    name=$1
    shift
    code=0
    timeout -k 10 240 "$@" || code=$?
    case $code in
        0) passed=$((passed + 1)) ;;
        77) echo "skipped: $name"; skipped=$((skipped + 1)) ;;
        *) echo "failed: $name (exit $code)"; failed=$((failed + 1)) ;;
    esac
}
try "dashboards against @grafana/schema (needs npm)" /usr/bin/python3 tests/dashboards/real/run.py
try "real Envoys (needs PyPI)" /usr/bin/python3 tests/real/envoy/run.py
try "the API under schemathesis (needs PyPI)" /usr/bin/python3 tests/real/schemathesis/run.py
try "VictoriaMetrics (needs Debian's victoria-metrics)" /usr/bin/python3 tests/real/victoria/run.py
try "the collector on Prometheus 3 (needs PROMETHEUS3)" tests/real/prometheus3.sh collector
try "the main path on Prometheus 3 (needs PROMETHEUS3)" tests/real/prometheus3.sh main-path
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
