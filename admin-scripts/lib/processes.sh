# shellcheck shell=bash
# Processes in the background, by pid files. Needs messages.sh.

# Starts a program that outlives the script: start_process PID_FILE LOG PROGRAM [arguments…]
# Standard output goes to LOG.out, where a server says its address, standard error to LOG.
start_process() {
    local pid_file=$1 log=$2
    shift 2
    setsid "$@" >"$log.out" 2>"$log" </dev/null &
    local pid=$!
    echo "$pid $1" >"$pid_file"
    # Until the shell's copy has become the program, its pid does not look like it.
    while ! is_process_running "$pid_file" && kill -0 "$pid" 2>/dev/null; do
        sleep 0.05
    done
}

# Whether the process of a pid file runs, and is still that program: pids are used again.
is_process_running() {
    local pid program
    [ -f "$1" ] || return 1
    read -r pid program <"$1"
    [ "$( (tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n 1p) 2>/dev/null)" = "$program" ]
}

# Ends it: SIGTERM, and SIGKILL when it does not go within the bound. Fails when it had to be killed.
stop_process() {
    local pid_file=$1 seconds=${2:-30} pid
    if ! is_process_running "$pid_file"; then
        rm -f "$pid_file"
        return 0
    fi
    read -r pid _ <"$pid_file"
    kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq $((seconds * 10))); do
        if ! is_process_running "$pid_file"; then
            rm -f "$pid_file"
            return 0
        fi
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    rm -f "$pid_file"
    return 1
}

# Waits for the line "listening on URL" and prints the URL: wait_for_address NAME PID_FILE LOG
wait_for_address() {
    local name=$1 pid_file=$2 log=$3 address
    for _ in $(seq 300); do
        address=$(sed -n 's/^listening on //p' "$log.out" | sed -n 1p)
        if [ -n "$address" ]; then
            echo "$address"
            return
        fi
        if ! is_process_running "$pid_file"; then
            show_end_of "$log"
            die "the $name ended at its start; its log is $log"
        fi
        sleep 0.1
    done
    show_end_of "$log"
    die "the $name did not start within 30 s; its log is $log"
}

# Waits until a URL answers 200: wait_for_ok URL
wait_for_ok() {
    for _ in $(seq 150); do
        [ "$(curl -sS -o /dev/null -w '%{http_code}' --max-time 5 "$1" 2>/dev/null)" != 200 ] || return 0
        sleep 0.2
    done
    return 1
}
