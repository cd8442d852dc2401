# shellcheck shell=bash
# What the scripts need, and how a Debian machine gets it. Needs messages.sh and postgres.sh.

# Checks everything; what is missing is installed when that needs nobody's password, else named.
# Arguments: further Debian packages, of programs with the package's name.
require_prerequisites() {
    local packages=() program
    require_swift
    for program in git curl pkg-config "$@"; do
        command -v "$program" >/dev/null 2>&1 || packages+=("$program")
    done
    pkg-config --exists libpq 2>/dev/null || packages+=(libpq-dev)
    pkg-config --exists sqlite3 2>/dev/null || packages+=(libsqlite3-dev)
    [ -e /usr/include/zlib.h ] || packages+=(zlib1g-dev)
    find_postgres || packages+=(postgresql)
    command -v psql >/dev/null 2>&1 || packages+=(postgresql-client)
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
    find_postgres || die "PostgreSQL's server programs were not found; set PG_BIN to the directory of initdb"
    local version
    version=$("$PG_BIN/postgres" --version | grep -oE '[0-9]+' | head -n 1)
    [ "$version" -ge 15 ] || die "PostgreSQL 15 or later is needed, $PG_BIN has $version; set PG_BIN to a later one"
}

require_swift() {
    local version
    command -v swift >/dev/null 2>&1 || die "Swift 6.3 or later is needed; install it: https://www.swift.org/install/linux/"
    version=$(swift --version 2>/dev/null | grep -oE 'Swift version [0-9]+\.[0-9]+' | grep -oE '[0-9]+\.[0-9]+') || version=0.0
    [ "$(printf '%s\n' 6.3 "$version" | sort -V | head -n 1)" = 6.3 ] \
        || die "Swift 6.3 or later is needed, this is $version; install it: https://www.swift.org/install/linux/"
}

install_packages() {
    local as_root=()
    command -v apt-get >/dev/null 2>&1 || die "please install what these Debian packages hold: $*"
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || die "Debian packages are missing; run this and try again: sudo apt-get install $*"
        as_root=(sudo -n)
    fi
    say "installing Debian packages: $*"
    # Debian makes and starts a cluster of its own with the package; the scripts only want the programs.
    local setting=/etc/postgresql-common/createcluster.d/ringbridge-no-main-cluster.conf
    "${as_root[@]}" mkdir -p "$(dirname "$setting")"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$setting" >/dev/null
    local status=0
    {
        "${as_root[@]}" apt-get update -q \
            && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
    } >&2 </dev/null || status=$?
    "${as_root[@]}" rm -f "$setting"
    [ "$status" = 0 ] || die "the packages could not be installed; see above, then try again: apt-get install $*"
}
