#!/bin/sh
# run.sh SECONDS [NAME...]: builds the fuzz targets (or those named) with libFuzzer and the sanitizers, and runs them
# all at once for so long. What crashes one is kept in build/fuzz/crashes, with the command that repeats it. New inputs
# are kept in build/fuzz/corpus, so that the next run goes on from there. Last line: N passed, N failed.
set -eu
cd "$(dirname "$0")/../.."
seconds=$1
shift
names=${*:-"answers files fold messages names requests rows state"}
data=$PWD/tests/fuzz/corpus kept=$PWD/build/fuzz/corpus crashes=$PWD/build/fuzz/crashes
cmake --preset fuzz >/dev/null
targets=
for name in $names; do targets="$targets fuzz_$name"; done
# shellcheck disable=SC2086 # lists of names
cmake --build --preset fuzz --target $targets
rm -rf "$crashes"
mkdir -p "$crashes"

fuzz() {
    name=$1 seeds=$data/$1
    [ "$name" = files ] && seeds="$seeds tests/config/data config/rules config/signals"
    mkdir -p "$kept/$name"
    # shellcheck disable=SC2086
    "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -max_len=8192 \
        -print_final_stats=1 -artifact_prefix="$crashes/$name-" "$kept/$name" $seeds >"$crashes/$name.log" 2>&1
}
export UBSAN_OPTIONS=print_stacktrace=1
for name in $names; do
    (if fuzz "$name"; then echo good; else echo bad; fi >"$crashes/$name.result") &
done
wait
passed=0 failed=0
for name in $names; do
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$crashes/$name.log")
    if [ "$(cat "$crashes/$name.result")" = good ]; then
        passed=$((passed + 1))
        echo "$name: ${runs:-0} runs"
    else
        failed=$((failed + 1))
        tail -n 40 "$crashes/$name.log"
        for input in "$crashes/$name"-*; do
            echo "$name: to repeat: build/fuzz/tests/fuzz/fuzz_$name $input"
        done
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
