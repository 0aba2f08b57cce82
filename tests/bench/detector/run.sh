#!/bin/sh
# Measures the topology detector against the published ones: build/bench/detector.md and recall.svg. SEEDS (5) and DAYS (28) of the
# synthetic meshes; DETECTOR_STREAMS: a folder of further streams, in the form of tests/data/edge-streams.
set -eu
cd "$(dirname "$0")/../../.."
build=${MESHWARDEN_BUILD:-build/release}
[ -f "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
ninja -C "$build" detector_bench >&2
mkdir -p build/bench
"$build/tests/bench/detector/detector_bench" build/bench tests/data/edge-streams "${SEEDS:-5}" "${DAYS:-28}" > build/bench/detector.md
cat build/bench/detector.md
