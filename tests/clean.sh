#!/bin/sh
# Proof that nothing of this machine is needed: a minimal Debian root, a clone of HEAD, and `make test` inside.
# Needs root and debootstrap. CLEAN_TARGET=demo runs the demo instead (with DEMO_SECONDS, 190 unless given).
set -eu
cd "$(dirname "$0")/.."
suite=${CLEAN_SUITE:-bookworm}
target=${CLEAN_TARGET:-test}
root=${CLEAN_ROOT:-$(mktemp -d)}/$suite
command -v debootstrap >/dev/null || { echo "test-clean needs debootstrap: apt-get install debootstrap" >&2; exit 3; }
[ "$(id -u)" = 0 ] || { echo "test-clean needs root, for chroot" >&2; exit 3; }

if [ ! -e "$root/.ready" ]; then
    debootstrap --variant=minbase --include=ca-certificates,git,make "$suite" "$root" ${CLEAN_MIRROR:-} >&2
    for place in /etc/apt/apt.conf.d /etc/apt/sources.list.d /etc/apt/sources.list /etc/apt/auth.conf.d /etc/resolv.conf /etc/hosts; do
        [ -e "$place" ] && rm -rf "${root:?}$place" && cp -rL "$place" "$root$place"
    done
    touch "$root/.ready"
fi
rm -rf "$root/src"
git clone -q . "$root/src"
unmount() { umount -l "$root/proc" "$root/dev/pts" "$root/dev/shm" "$root/dev" 2>/dev/null || true; }
trap unmount EXIT INT TERM
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --make-private "$root/dev"  # what is mounted below must not show here
mount --bind /dev/pts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEMO_SECONDS="${DEMO_SECONDS:-190}" \
    chroot "$root" make -C /src "$target"
