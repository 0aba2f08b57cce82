#!/bin/sh
# Measures the topology detector against the published ones: build/bench/detector.md, recall.svg. With all of them and five meshes it runs
# for most of an hour; DETECTOR_ALONE=1: ours only, minutes. SEEDS (5) and DAYS (28) of the synthetic meshes; PARTS: speed, streams, ablation,
# meshes, further. DETECTOR_STREAMS: a folder of further streams, in the form of tests/data/edge-streams. DETECTOR_MESHES: a folder of further
# meshes, 1 to SEEDS, each with rows.csv and attacks.csv (tests/bench/detector/stream.hpp).
set -eu
cd "$(dirname "$0")/../../.."
build=${MESHWARDEN_BUILD:-build/release}
[ -f "$build/build.ninja" ] || cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release
ninja -C "$build" detector_bench >&2
mkdir -p build/bench
"$build/tests/bench/detector/detector_bench" build/bench tests/data/edge-streams "${SEEDS:-5}" "${DAYS:-28}" \
    "${PARTS:-speed,streams,ablation,meshes,further}" > build/bench/detector.md
cat build/bench/detector.md
