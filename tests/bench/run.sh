#!/bin/sh
# Every benchmark; results in build/bench. KILLS: how often the crash bench kills (200). COST_SERVICES: the sizes of mesh that
# the cost bench measures ("100 1000"; 5000 takes a quarter of an hour more). SOAK_SECONDS: the soak runs only where it is set.
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
/usr/bin/python3 tests/bench/cost/run.py || status=1
cat build/bench/cost.md
if [ -n "${SOAK_SECONDS:-}" ]; then
    /usr/bin/python3 tests/bench/soak/run.py || status=1
    cat build/bench/soak.md
fi
exit $status
