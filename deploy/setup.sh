#!/bin/sh
# setup.sh PURPOSE...: installs what is missing of deploy/packages.txt for build, demo, test; unpacks into build/tools
# what must not be installed. Needs root or sudo only where something is missing.
set -eu
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
names_for() { awk -v purpose="$1" '$1 == purpose { print $2 }' deploy/packages.txt; }
installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q ' installed$'; }
available() { apt-cache show "$1" >/dev/null 2>&1; }

first_available() {
    for name in $(echo "$1" | tr '|' ' '); do
        if installed "$name" || available "$name"; then echo "$name"; return; fi
    done
    echo "none of $1 is to be had: run 'apt-get update', or this Debian is too old (12 or newer is needed)" >&2
    exit 3
}

list_missing() {
    for purpose in "$@"; do
        for names in $(names_for "$purpose"); do
            found=
            for name in $(echo "$names" | tr '|' ' '); do installed "$name" && found=1; done
            [ -n "$found" ] || echo "$names"
        done
    done
}

missing=$(list_missing "$@")
if [ -n "$missing" ]; then
    echo "setup: installing $(echo "$missing" | tr '\n' ' ')" >&2
    as_root apt-get update -qq
    packages=
    for names in $missing; do packages="$packages $(first_available "$names")"; done
    # shellcheck disable=SC2086 # a list of package names
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
fi

case " $* " in *" demo "* | *" test "*)
    mkdir -p build/tools
    for name in $(names_for unpack); do
        [ -e "build/tools/.$name" ] && continue
        available "$name" || as_root apt-get update -qq
        (cd build/tools && apt-get download -qq "$name" && dpkg-deb -x "${name}"_*.deb . && rm -f "${name}"_*.deb && touch ".$name")
        echo "setup: unpacked $name into build/tools" >&2
    done
esac
