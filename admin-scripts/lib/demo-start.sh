# shellcheck shell=bash disable=SC2154
# The demo's processes: database, simulated PBX, server. All state is in $demo.

# Begins anew: the simulated PBX forgets everything when it ends, so an old database would not fit it.
# start_demo [PORT]
start_demo() {
    local port=$1
    wipe_demo
    [ -n "$port" ] || port=$(free_port) || die "no free port was found; name one: admin-scripts/demo --port N"
    ! is_port_taken "$port" || die "port $port is in use; name another one: admin-scripts/demo --port N"
    umask 077
    mkdir -p "$demo/answers"
    # The cluster's user must be able to enter; the files here are their owner's alone.
    chmod 711 "$demo"
    : >"$demo/env"
    start_database
    start_simulator
    start_server "$port"
    remember operator_key "$("$root/.build/debug/ringbridge" key create --role operator --name demo)"
}

# Notes a shell variable for this run, for later ones and for the user: . .demo/env
remember() {
    printf '%s=%q\n' "$1" "$2" >>"$demo/env"
    printf -v "$1" '%s' "$2"
}

start_database() {
    local directory="$demo/postgres" superuser
    can_hold_cluster "$demo" || directory=$(mktemp -d /var/tmp/ringbridge-demo.XXXXXX)
    echo "$directory" >"$demo/postgres.directory"
    say "starting PostgreSQL"
    database_port=$("$root/admin-scripts/postgres-cluster" start "$directory")
    superuser="postgresql://postgres@127.0.0.1:$database_port"
    remember superuser_url "$superuser/ringbridge"
    create_database "$superuser" ringbridge
    export DATABASE_URL="postgresql://ringbridge_server@127.0.0.1:$database_port/ringbridge"
    export DATABASE_OWNER_URL="postgresql://ringbridge_owner@127.0.0.1:$database_port/ringbridge"
    MASTER_KEYS="demo:$(head -c 32 /dev/urandom | base64 -w 0)"
    export MASTER_KEYS
    remember DATABASE_URL "$DATABASE_URL"
    remember DATABASE_OWNER_URL "$DATABASE_OWNER_URL"
    remember MASTER_KEYS "$MASTER_KEYS"
    "$root/.build/debug/ringbridge" migrate up >&2
}

start_simulator() {
    local address
    say "starting the simulated PBX"
    start_process "$demo/simulator.pid" "$demo/simulator.log" "$root/.build/debug/ringme-simulator" --port 0
    address=$(wait_for_address simulator "$demo/simulator.pid" "$demo/simulator.log")
    remember simulator "$address"
}

start_server() {
    local port=$1 address
    say "starting the server"
    export HTTP_PORT="$port" PUBLIC_URL="http://127.0.0.1:$port" PBX_URL="$simulator" ASSEMBLY_GRACE=2s LOG_FORMAT=json
    start_process "$demo/server.pid" "$demo/server.log" "$root/.build/debug/ringbridge" serve
    address=$(wait_for_address server "$demo/server.pid" "$demo/server.log")
    remember server "$address"
    wait_for_ok "$server/readyz" || {
        curl -sS --max-time 5 "$server/readyz" >&2 || true
        die "the server is not ready after 30 s; its log is $demo/server.log"
    }
}

is_demo_running() {
    is_process_running "$demo/server.pid" && is_process_running "$demo/simulator.pid" && [ -s "$demo/env" ]
}

stop_demo() {
    [ -d "$demo" ] || return 0
    stop_process "$demo/server.pid" || say "the server had to be killed"
    stop_process "$demo/simulator.pid" || say "the simulator had to be killed"
    cluster stop
}

wipe_demo() {
    [ -d "$demo" ] || return 0
    stop_demo
    cluster remove
    rm -rf -- "$demo"
}

# stop or remove, for the cluster of this demo if it has one.
cluster() {
    [ -s "$demo/postgres.directory" ] || return 0
    "$root/admin-scripts/postgres-cluster" "$1" "$(cat "$demo/postgres.directory")"
}
