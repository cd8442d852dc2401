# shellcheck shell=bash disable=SC2034,SC2154
# The black-box suite, Tests/blackbox: its tools in .build/blackbox, and the server that it tests. Needs messages.sh,
# prerequisites.sh, processes.sh, postgres.sh and the demo's parts.

# What the suite needs beyond the build.
require_blackbox_tools() {
    local packages=()
    python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3 python3-venv)
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
    mkdir -p "$root/.build/blackbox"
    install_python_packages
    find_promtool
}

# A virtual environment with the pinned packages; made anew when they change.
install_python_packages() {
    local tools="$root/.build/blackbox" wanted="$root/Tests/blackbox/requirements.txt"
    ! cmp -s "$wanted" "$tools/requirements.txt" || return 0
    say "installing the Python packages of the black-box suite"
    rm -rf -- "$tools/venv"
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted" >&2 \
        || die "the Python packages could not be installed; see above"
    cp "$wanted" "$tools/requirements.txt"
}

# Sets PROMTOOL: the installed one, else that of Debian's package, without the server that the package would start.
find_promtool() {
    local tools="$root/.build/blackbox"
    export PROMTOOL="$tools/promtool"
    [ ! -x "$PROMTOOL" ] || return 0
    if command -v promtool >/dev/null 2>&1; then
        PROMTOOL=$(command -v promtool)
        return
    fi
    command -v apt-get >/dev/null 2>&1 || die "please install promtool, a part of Prometheus"
    say "fetching promtool from Debian's package prometheus"
    rm -rf -- "$tools/prometheus"
    mkdir "$tools/prometheus"
    (
        cd "$tools/prometheus"
        apt-get download -q prometheus && dpkg -x ./*.deb . && mv usr/bin/promtool ..
    ) >&2 || die "promtool could not be fetched; try again after: apt-get update"
    rm -rf -- "$tools/prometheus"
}

# The demo's processes with the demo's tenants and calls, in a directory of their own, and tenants to be fuzzed.
start_blackbox() {
    demo=$(mktemp -d "${TMPDIR:-/tmp}/ringbridge-blackbox.XXXXXX")
    answers="$demo/answers"
    # Tests say which address they come from.
    export TRUSTED_PROXIES=127.0.0.1/32
    start_demo ""
    onboard_tenant 807 10500 2566 0 "Ромашка"
    onboard_tenant 808 10501 2567 100000 "Лютик"
    replay_captured_events
    place_simulated_calls
    await_records
    onboard_tenant 901 10511 2571 300000 "Василёк"
    onboard_tenant 902 10512 2572 400000 "Пион"
}

# Runs the tests, then ends everything; the server's log stays in .build/blackbox. run_blackbox [pytest arguments…]
run_blackbox() {
    local status=0
    export RINGBRIDGE_BLACKBOX="$demo/env"
    (
        cd "$root/Tests/blackbox"
        PYTHONDONTWRITEBYTECODE=1 exec "$root/.build/blackbox/venv/bin/pytest" -p no:cacheprovider "$@"
    ) || status=$?
    stop_blackbox
    [ "$status" = 0 ] || die "the black-box tests failed; the server's log is .build/blackbox/server.log"
}

stop_blackbox() {
    [ -n "${demo:-}" ] || return 0
    [ ! -e "$demo/server.log" ] || cp "$demo/server.log" "$root/.build/blackbox/server.log"
    wipe_demo
    demo=
}
