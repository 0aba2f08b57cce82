#!/bin/sh
# coverage.sh [FOLDER...]: builds those folders' tests under the preset coverage, runs them and prints the line coverage
# of each folder. Fails where one is under 95 %.
set -eu
cd "$(dirname "$0")/.."
folders=${*:-"collector rules incidents notify"}
build=$PWD/build/coverage
cmake --preset coverage >/dev/null
targets=
for folder in $folders; do targets="$targets tests/$folder/all"; done
# shellcheck disable=SC2086 # lists of names
cmake --build --preset coverage --target $targets
find "$build" -name '*.gcda' -delete
status=0
for folder in $folders; do
    ctest --test-dir "$build/tests/$folder" --output-on-failure --no-tests=error --timeout 600 \
        >"$build/$folder.log" 2>&1 || { tail -n 30 "$build/$folder.log"; status=1; }
done
for folder in $folders; do
    gcovr --root . --object-directory "$build" --filter "$folder/" --exclude-throw-branches --fail-under-line 95 \
        "$build/$folder" >"$build/$folder.txt" || status=1
    echo "$folder: $(awk '$1 == "TOTAL" { print $4 " of " $2 " lines" }' "$build/$folder.txt"); see $build/$folder.txt"
done
exit $status
