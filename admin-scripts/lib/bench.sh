# shellcheck shell=bash disable=SC2154
# The parts of admin-scripts/bench. Needs messages.sh, postgres.sh, prerequisites.sh, build.sh, processes.sh, $root, $work,
# and what its arguments set.

# What the peers are built of, from Debian.
require_peers() {
    local packages=() module
    command -v go >/dev/null 2>&1 || packages+=(golang-go)
    [ -d /usr/share/gocode/src/github.com/jackc/pgx/v4 ] || packages+=(golang-github-jackc-pgx-v4-dev)
    for module in fastapi uvicorn uvloop httptools asyncpg; do
        [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import $module" 2>/dev/null || packages+=("python3-$module")
    done
    [ ${#packages[@]} -eq 0 ] || install_packages "${packages[@]}"
}

build_bench() {
    local product log="$root/.build/admin-bench-build.log"
    mkdir -p "$root/.build"
    for product in ringbridge bench-load; do
        [ "${RINGBRIDGE_SKIP_BUILD:-}" = 1 ] \
            || run_with_progress "building $product for release" "$log" swift build -c release --product "$product"
        [ -x "$root/.build/release/$product" ] || die "$product is not built; run it without RINGBRIDGE_SKIP_BUILD"
    done
    run_with_progress "building the peer in Go" "$log" env -C "$root/Tests/bench-peers/go" GO111MODULE=off \
        GOPATH=/usr/share/gocode GOCACHE="$root/.build/bench-go" GOFLAGS= go build -o "$root/.build/bench-peer-go" .
    load="$root/.build/release/bench-load"
}

# A cluster that really writes, with RingBridge's database, the peers' own, and a hundred event tokens.
prepare_bench_database() {
    local superuser
    cluster_directory=$(mktemp -d "${TMPDIR:-/tmp}/ringbridge-cluster.XXXXXX")
    cluster_port=$("$root/admin-scripts/postgres-cluster" start "$cluster_directory") \
        || die "there is no PostgreSQL to work with; the reason is above"
    superuser="postgresql://postgres@127.0.0.1:$cluster_port"
    create_database "$superuser" ringbridge
    export DATABASE_URL="postgresql://ringbridge_server@127.0.0.1:$cluster_port/ringbridge"
    DATABASE_OWNER_URL="postgresql://ringbridge_owner@127.0.0.1:$cluster_port/ringbridge" HTTP_PORT=0 \
        PUBLIC_URL=http://127.0.0.1 MASTER_KEYS="$(bench_key)" "$root/.build/release/ringbridge" migrate up >/dev/null
    for _ in $(seq 100); do
        tr -dc 'a-z0-9' </dev/urandom | head -c 32 || true
        echo
    done >"$work/tokens"
    run_psql "$superuser/ringbridge" --file "$root/Tests/bench-peers/tokens.sql" <"$work/tokens" >/dev/null
    run_psql "$superuser/postgres" --command "CREATE DATABASE peers"
    run_psql "$superuser/peers" --file "$root/Tests/bench-peers/peers.sql"
    peers_url="$superuser/peers"
}

bench_key() {
    echo "bench:$(head -c 32 /dev/urandom | base64 -w 0)"
}

# Starts what the variants name; all stay idle but the one that is measured.
start_bench_servers() {
    declare -gA bench_port=() bench_pid=()
    local variant ingest_port python_port
    # The cluster has to itself what the server's workers would take: this measures receiving.
    if [[ " $variants" = *" ringbridge"* ]]; then
        ingest_port=$(free_port)
        start_bench_server ringbridge env HTTP_PORT=0 INGEST_PORT="$ingest_port" PUBLIC_URL=http://127.0.0.1 \
            MASTER_KEYS="$(bench_key)" "$root/.build/release/ringbridge" serve --only api
        bench_port[ringbridge-ingest-port]=$ingest_port
        bench_pid[ringbridge-ingest-port]=${bench_pid[ringbridge]}
    fi
    for variant in $variants; do
        case "$variant" in
            hummingbird | nio) start_bench_server "$variant" "$load" listen "$variant" ;;
            go) start_bench_server go env DATABASE_URL="$peers_url" "$root/.build/bench-peer-go" ;;
            go-group-commit)
                start_bench_server go-group-commit env GROUP_COMMIT=1 DATABASE_URL="$peers_url" \
                    "$root/.build/bench-peer-go"
                ;;
            fastapi)
                python_port=$(free_port)
                start_bench_server fastapi env DATABASE_URL="$peers_url" PORT="$python_port" \
                    /usr/bin/python3 "$root/Tests/bench-peers/fastapi_peer.py"
                wait_for_ok "http://127.0.0.1:$python_port/docs" || die "the peer in Python does not answer"
                ;;
            ringbridge* | pgbench) ;;
            *) die "there is no variant $variant; see --help" ;;
        esac
    done
}

# start_bench_server VARIANT env [NAME=VALUE…] PROGRAM [arguments…]
start_bench_server() {
    local variant=$1 address pid
    shift
    setsid "$@" >"$work/$variant.log.out" 2>"$work/$variant.log" </dev/null &
    pid=$!
    bench_pid[$variant]=$pid
    for _ in $(seq 300); do
        address=$(sed -n 's/^listening on http:..//p' "$work/$variant.log.out" | sed -n 1p)
        [ -z "$address" ] || break
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    if [ -z "$address" ]; then
        show_end_of "$work/$variant.log"
        die "the server of $variant did not start"
    fi
    bench_port[$variant]=${address##*:}
}

stop_bench_servers() {
    local variant
    for variant in "${!bench_pid[@]}"; do
        kill "${bench_pid[$variant]}" 2>/dev/null || true
    done
}

# One line of the results: measure ROUND VARIANT SHAPE
measure() {
    local round=$1 variant=$2 shape=$3 connections=${3##* } result server=0 postgres arguments=() name value
    case "$shape" in
        new*) arguments=(--new-connections) ;;
        half*)
            [[ $variant = ringbridge* ]] || return 0
            arguments=(--rate "$(half_rate "$variant")") || return 0
            ;;
    esac
    [ "$variant" != pgbench ] || [[ $shape != new* ]] || return 0
    [ "$variant" = pgbench ] || server=$(cpu_ticks "${bench_pid[$variant]}")
    postgres=$(postgres_cpu_ticks)
    if [ "$variant" = pgbench ]; then
        result=$(fire_pgbench "$connections")
    else
        # No warm-up of its own: the CPU time of all events is divided by all events.
        result=$("$load" fire --port "${bench_port[$variant]}" --tokens "$work/tokens" --connections "$connections" \
            --seconds "$seconds" --warm-up 0 "${arguments[@]}")
    fi
    local -A got=()
    for name in $result; do
        value=${name#*=}
        got[${name%%=*}]=$value
    done
    postgres=$(($(postgres_cpu_ticks) - postgres))
    if [ "$variant" = pgbench ]; then
        server=nan
    else
        server=$(per_10000 $(($(cpu_ticks "${bench_pid[$variant]}") - server)) "${got[events]}")
    fi
    echo "$round,$variant,$shape,${got[events]},${got[failures]},${got[rate]},${got[p50_us]},${got[p99_us]},${got[p999_us]},${got[max_us]},$server,$(per_10000 $postgres "${got[events]}"),$(rss_mb "$variant")"
}

# Half of the median rate of a variant so far with 64 connections.
half_rate() {
    awk -F, -v variant="$1" '$2 == variant && $3 == "keep-alive 64" { print $6 }' "$results" | sort -g \
        | awk '{ rates[NR] = $1 } END { if (NR == 0) exit 1; print rates[int((NR + 1) / 2)] / 2 }'
}

fire_pgbench() {
    local log
    log=$(mktemp -d "$work/pgbench.XXXXXX")
    (cd "$log" && "$PG_BIN/pgbench" -n -M prepared -c "$1" -j "$(($1 < 2 ? 1 : 2))" -T "$seconds" -l \
        -f "$root/Tests/bench-peers/single-insert.sql" "$peers_url" >out 2>&1) || die "pgbench failed: $(cat "$log/out")"
    cat "$log"/pgbench_log.* | awk '{ print $3 }' | sort -n | awk -v seconds="$seconds" '
        { latency[NR] = $1 }
        function at(share) { position = int(NR * share) + 1; return latency[position > NR ? NR : position] }
        END { printf "events=%d failures=0 rate=%f p50_us=%d p99_us=%d p999_us=%d max_us=%d\n",
            NR, NR / seconds, at(0.5), at(0.99), at(0.999), latency[NR] }'
    rm -rf -- "$log"
}

# User and system time of a process, in hundredths of a second.
cpu_ticks() {
    sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# The same of the cluster's processes, also of those that have ended.
postgres_cpu_ticks() {
    local postmaster
    postmaster=$(sed -n 1p "$cluster_directory/data/postmaster.pid")
    # Processes of others end between the listing and the reading.
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed 's/^\([0-9]*\) (.*) /\1 /' | awk -v postmaster="$postmaster" '
        $1 == postmaster { sum += $13 + $14 + $15 + $16 }
        $3 == postmaster { sum += $13 + $14 }
        END { print sum }'
}

# Seconds for 10,000 events: per_10000 TICKS EVENTS
per_10000() {
    awk -v ticks="$1" -v events="$2" 'BEGIN { if (events > 0) print ticks * 100 / events; else print "nan" }'
}

rss_mb() {
    [ "$1" != pgbench ] || { echo nan && return; }
    awk '/^VmRSS/ { print $2 / 1024 }' "/proc/${bench_pid[$1]}/status"
}
