# Sourced by deploy/sandbox and deploy/test: finds the toolchain and installs the system packages that are missing.
# Offers `require_swift` and `require_packages why package…`.

# SwiftPM writes the traits of packages as flags in the order of a hash table; another order compiles Hummingbird anew (swift 6.3).
export SWIFT_DETERMINISTIC_HASHING=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "deploycenter: $*"; exit 1; }

require_swift() {
    if ! command -v swift >/dev/null 2>&1; then
        for candidate in /opt/swift/usr/bin /usr/libexec/swift/bin "$HOME/.local/share/swiftly/bin"; do
            [ -x "$candidate/swift" ] && PATH="$candidate:$PATH" && break
        done
    fi
    command -v swift >/dev/null 2>&1 ||
        fail "there is no Swift toolchain on this machine. Install Swift 6.2 or later (https://www.swift.org/install/linux/) and run this again."
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' | head -n 1)
    # shellcheck disable=SC2086
    set -- $version
    if [ "${1:-0}" -lt 6 ] || { [ "$1" -eq 6 ] && [ "${2:-0}" -lt 2 ]; }; then
        fail "Swift ${1:-?}.${2:-?} is too old. Install Swift 6.2 or later (https://www.swift.org/install/linux/) and run this again."
    fi
}

# Postgres' own programs are outside PATH on Debian, so the package is asked for, not the program.
require_packages() {
    why=$1
    shift
    command -v dpkg-query >/dev/null 2>&1 ||
        { say "deploycenter: this is neither Debian nor Ubuntu: please see that these are installed: $*"; return 0; }
    missing=
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" -eq 0 ]; then
        run=
    elif sudo -n true 2>/dev/null; then
        run="sudo"
    else
        say "deploycenter: these packages are missing ($why):$missing"
        say "This account may not install them. Please run, and then start this again:"
        say "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
        exit 1
    fi
    say "Installing$missing ($why) …"
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { $run apt-get update -qq &&
        $run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        fail "the packages could not be installed; the last lines above say why. By hand: apt-get install -y$missing"
    fi
    rm -f "$log"
}

require_build_packages() {
    require_swift
    require_packages "the libraries that deploycenter is built on, and the Postgres that the sandbox runs" \
        git pkg-config libpq-dev libcurl4-openssl-dev libssl-dev postgresql
}

# A build needs about 2 GB; a full disk otherwise shows as a compiler error.
require_disk() {
    free=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "${free:-0}" -gt "$1" ] || fail "only $((free / 1024)) MB are free here; $(($1 / 1024)) MB are needed. Free some space and run this again."
}
