#!/bin/sh
# Every benchmark; results in build/bench. KILLS: how often the crash bench kills (200).
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/bench
status=0
/usr/bin/python3 tests/e2e/crash.py "${KILLS:-200}" > build/bench/crash.json || status=1
cat build/bench/crash.json
/usr/bin/python3 tests/bench/latency/run.py || status=1
cat build/bench/latency.md
/usr/bin/python3 tests/bench/incidents/run.py || status=1
cat build/bench/incidents.md
exit $status
