# shellcheck shell=bash disable=SC2154
# Building with a sign of life. Needs messages.sh and $root.

# Runs a long command in the checkout: on a terminal with its own output, else into a log with a line every 15 seconds.
# Usage: run_with_progress WHAT LOG COMMAND…
run_with_progress() {
    local what=$1 log=$2 started=$SECONDS shown=0
    shift 2
    if [ -t 1 ] && [ -t 2 ]; then
        (cd "$root" && "$@") || die "$what failed; see above"
        return
    fi
    (cd "$root" && exec "$@") >"$log" 2>&1 </dev/null &
    progress_pid=$!
    while kill -0 "$progress_pid" 2>/dev/null; do
        sleep 1
        if ((SECONDS - started >= shown + 15)); then
            shown=$((SECONDS - started))
            say "  $what: $shown s  $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-100)"
        fi
    done
    if ! wait "$progress_pid"; then
        progress_pid=
        grep -E 'error:' "$log" | head -n 20 >&2 || true
        show_end_of "$log"
        die "$what failed; its whole output is in $log"
    fi
    progress_pid=
}

# Ends a build that the script leaves behind; for exit traps.
stop_progress() {
    [ -z "${progress_pid:-}" ] || kill "$progress_pid" 2>/dev/null || true
}

# Builds products (debug). RINGBRIDGE_SKIP_BUILD=1 takes the binaries as they are.
build_products() {
    local product
    if [ "${RINGBRIDGE_SKIP_BUILD:-}" != 1 ]; then
        [ -x "$root/.build/debug/ringbridge" ] || say "building; the first time takes 5 to 8 minutes on two cores"
        mkdir -p "$root/.build"
        for product in "$@"; do
            run_with_progress "building $product" "$root/.build/admin-build.log" swift build --product "$product"
        done
    fi
    for product in "$@"; do
        [ -x "$root/.build/debug/$product" ] || die "$product is not built; run it without RINGBRIDGE_SKIP_BUILD"
    done
}
