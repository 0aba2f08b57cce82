#!/bin/sh
# run.sh PRESET [unit]: builds everything under a preset and runs its tests; "unit" leaves out those that start other
# programs. Last line: N passed, N failed.
set -eu
cd "$(dirname "$0")/.."
preset=$1
only=${2:-all}
results=build/test-results-$preset
rm -rf "$results"
mkdir -p "$results"

cmake --preset "$preset"
cmake --build --preset "$preset"

status=0
if [ "$only" = unit ]; then set -- -LE integration; else set --; fi
ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --timeout 600 -j "$(nproc)" \
    --output-junit "$PWD/$results/ctest.xml" "$@" || status=1
if [ "$only" = all ]; then
    MESHWARDEN_BUILD="$PWD/build/$preset" /usr/bin/python3 -m pytest -q -p no:cacheprovider --durations=10 \
        --junitxml="$results/pytest.xml" tests || status=1
fi
/usr/bin/python3 tests/count.py "$results"/*.xml || status=1
exit $status
