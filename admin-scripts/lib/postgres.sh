# shellcheck shell=bash disable=SC2034,SC2154
# PostgreSQL for the scripts: where its programs are, and private clusters (see admin-scripts/postgres-cluster).
# Needs messages.sh.

# Sets and exports PG_BIN, the directory of initdb, pg_ctl, psql and pg_dump; fails when there is none.
find_postgres() {
    local candidate
    if [ -n "${PG_BIN:-}" ]; then
        [ -x "$PG_BIN/initdb" ] || die "PG_BIN=$PG_BIN has no initdb; unset it, or name the bin directory of PostgreSQL"
        return
    fi
    for candidate in $(find /usr/lib/postgresql -maxdepth 1 -mindepth 1 2>/dev/null | sort -rV); do
        if [ -x "$candidate/bin/initdb" ]; then
            export PG_BIN="$candidate/bin"
            return
        fi
    done
    candidate=$(command -v initdb 2>/dev/null) || return 1
    PG_BIN=$(dirname "$(realpath "$candidate")")
    export PG_BIN
}

# A TCP port of loopback on which nobody listens.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + RANDOM % 12000))
        if ! is_port_taken "$port"; then
            echo "$port"
            return
        fi
    done
    return 1
}

is_port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A directory in which the owner of a cluster may work: root's clusters run as the user postgres, which cannot enter
# every directory that root can.
can_hold_cluster() {
    [ "$(id -u)" != 0 ] || (cd / && runuser -u postgres -- test -x "$1")
}

# Makes a cluster for the time of the script and sets cluster_directory, cluster_port. The caller's exit trap calls
# remove_temporary_cluster.
start_temporary_cluster() {
    cluster_directory=$(mktemp -d "${TMPDIR:-/tmp}/ringbridge-cluster.XXXXXX")
    if ! cluster_port=$("$root/admin-scripts/postgres-cluster" start "$cluster_directory" --no-fsync); then
        die "there is no PostgreSQL to work with; the reason is above"
    fi
}

remove_temporary_cluster() {
    [ -n "${cluster_directory:-}" ] || return 0
    "$root/admin-scripts/postgres-cluster" remove "$cluster_directory" || say "could not remove $cluster_directory"
    cluster_directory=
}

# psql without anybody's settings, stopping at the first error: run_psql URL [arguments…]
run_psql() {
    local url=$1
    shift
    "$PG_BIN/psql" --no-psqlrc --quiet --no-password -v ON_ERROR_STOP=1 --dbname "$url" "$@"
}

# Makes a database with RingBridge's roles: create_database SUPERUSER_URL_WITHOUT_DATABASE NAME
create_database() {
    run_psql "$1/postgres" --command "CREATE DATABASE $2"
    run_psql "$1/$2" --file "$root/sql/roles.sql" 2>&1 | sed '/NOTICE/d' >&2
}
