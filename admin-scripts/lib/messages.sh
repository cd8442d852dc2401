# shellcheck shell=bash
# How the scripts speak: results on standard output, news and errors on standard error.

say() {
    printf '%s\n' "$*" >&2
}

# Says what went wrong and what to do, and ends the script.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Shows the end of a log, indented, for an error that follows.
show_end_of() {
    local log=$1
    [ -s "$log" ] || return 0
    say "the end of $log:"
    tail -n 15 "$log" | sed 's/^/    /' >&2
}
