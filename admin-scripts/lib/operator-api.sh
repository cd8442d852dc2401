# shellcheck shell=bash disable=SC2154
# RingBridge's admin API as its operator uses it from a shell. Needs messages.sh and http.sh.

operator_api_help() {
    cat <<'TEXT'
From the environment:
  RINGBRIDGE_URL        the server, http://127.0.0.1:8080 without it
  RINGBRIDGE_KEY        an operator's API key, or
  RINGBRIDGE_KEY_FILE   a file with one
TEXT
}

# Sets $server, $key and $answers, which the exit trap deletes; takes the keys out of the environment of other programs.
open_operator_api() {
    server=${RINGBRIDGE_URL:-http://127.0.0.1:8080}
    server=${server%/}
    key=${RINGBRIDGE_KEY:-}
    if [ -z "$key" ] && [ -n "${RINGBRIDGE_KEY_FILE:-}" ]; then
        key=$(first_line "$RINGBRIDGE_KEY_FILE") || die "the key file $RINGBRIDGE_KEY_FILE cannot be read, or is empty"
    fi
    unset RINGBRIDGE_KEY
    [ -n "$key" ] || die "no API key; set RINGBRIDGE_KEY_FILE, or RINGBRIDGE_KEY (make one: ringbridge key create --role operator)"
    [[ "$key" =~ ^[[:graph:]]+$ && "$key" != *[\"\\]* ]] || die "the API key has characters that no key has"
    language=en
    [[ "${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}" != ru* ]] || language=ru
    command -v curl >/dev/null 2>&1 || die "curl is needed; on Debian: apt-get install curl"
    answers=$(mktemp -d)
    trap 'rm -rf -- "$answers"' EXIT
    trap 'exit 130' INT TERM
}

# The first line of a file, of standard input when it is -.
first_line() {
    local line
    IFS= read -r line < <(if [ "$1" = - ]; then cat; else cat -- "$1" 2>/dev/null; fi) || [ -n "${line:-}" ] || return 1
    line=${line%$'\r'}
    [ -n "$line" ] && printf '%s' "$line"
}

# Sends a request and reads its answer into $field: call METHOD PATH [JSON | @FILE] [HEADER…]
# Its status is in $status.
call() {
    local method=$1 path=$2
    shift 2
    send "$key" "$method" "$server$path" "${1:-}" "Accept-Language: $language" "${@:2}" \
        || die "no answer from $server; is RINGBRIDGE_URL right, and does the server run?"
    read_fields
}

# As call; whatever is not 2xx ends the script with the problem in words.
require() {
    call "$@"
    [[ "$status" == 2* ]] || fail_with_problem
}

# The problem in words: what, why, and each error with its place.
fail_with_problem() {
    local index=0 place
    # The server's own sentence says why; the title alone would not.
    say "${field[title]:-HTTP $status}: ${field[detail]:-$answer}"
    while [ -n "${field[errors.$index.code]:-}" ]; do
        place=${field[errors.$index.pointer]}
        if [[ "$place" =~ ^/lines/([0-9]+)/?(.*)$ ]]; then
            place="line ${BASH_REMATCH[1]}${BASH_REMATCH[2]:+, ${BASH_REMATCH[2]}}"
        fi
        say "  ${place:-file}: ${field[errors.$index.detail]}"
        index=$((index + 1))
    done
    [[ "$status" != 5* ]] \
        || die "the server answered $status (${field[code]:-no code}); the change may have been made: look, then repeat"
    die "the server answered $status (${field[code]:-no code}); nothing was changed by this request"
}

# The elements of a list of texts, with commas: list_of PATH
list_of() {
    local index=0 text=
    while [ -n "${field[$1.$index]:-}" ]; do
        text+="${text:+, }${field[$1.$index]}"
        index=$((index + 1))
    done
    printf '%s' "$text"
}

# What the PBX took, from the answer of a write of mappings: each extension that was changed or has trouble, and a sum.
# Sets $reconcile_status: converged, partial, failed or pending.
show_reconcile() {
    local index=0 at active=0 state changes
    while [ -n "${field[reconcile.extensions.$index.extension_id]:-}" ]; do
        at="reconcile.extensions.$index"
        state=${field[$at.state]}
        [ "$state" != active ] || active=$((active + 1))
        changes=
        [ -z "$(list_of "$at.added")" ] || changes+="; added: $(list_of "$at.added")"
        [ -z "$(list_of "$at.removed")" ] || changes+="; removed: $(list_of "$at.removed")"
        [ -z "$(list_of "$at.missing")" ] || changes+="; missing: $(list_of "$at.missing")"
        if [ "$state" != active ] || [ -n "$changes" ]; then
            echo "  extension ${field[$at.extension_id]} (${field[$at.name]}, ${field[$at.type]}): $state$changes"
        fi
        [ -z "${field[$at.problem.code]:-}" ] || echo "    ${field[$at.problem.title]}: ${field[$at.problem.detail]}"
        index=$((index + 1))
    done
    reconcile_status=${field[reconcile.status]}
    echo "  $active of $index extensions are subscribed on the PBX: $reconcile_status"
}
