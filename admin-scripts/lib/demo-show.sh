# shellcheck shell=bash disable=SC2154
# What the demo prints. PostgreSQL is at hand, so psql reads the JSON and draws the tables.

# Runs SQL from standard input on the demo's cluster, beside the product's database; :'calls' is the last answer's "data",
# :'expected' the file of expectations.
with_answer() {
    {
        # psql runs these backticks and quotes what they give, so that no character of the answer means anything to it.
        # shellcheck disable=SC2016
        printf '\\set calls `cat "%s"`\n\\set expected `cat "%s"`\n' "$demo/answers/body" "$demo/expected"
        cat
    } | run_psql "${superuser_url%/*}/postgres" "$@"
}

# The records in the form of $demo/expected, sorted.
list_records() {
    with_answer --tuples-only --no-align <<'SQL' | LC_ALL=C sort
SELECT concat_ws(E'\t', call->>'call_id', call->>'direction', call->>'status', coalesce(call->>'user_id', '-'),
  call#>>'{extension,name}', coalesce(call->>'client_number', '-'),
  coalesce(nullif((SELECT string_agg(flag, ' ') FROM jsonb_array_elements_text(call->'flags') AS flag), ''), '-'))
FROM jsonb_array_elements(:'calls'::jsonb->'data') AS call;
SQL
}

show_records_of_connector() {
    echo
    echo "Call records of tenant 807, from GET /v1/calls with its connector key:"
    with_answer --pset footer=off --pset null=- <<'SQL'
SELECT e.line[8] AS "what happened", left(call->>'started_at', 19) AS started_at, call->>'direction' AS direction,
  call->>'status' AS status, call->>'user_id' AS "user", call#>>'{extension,name}' AS extension,
  call->>'client_number' AS client_number, round((call->>'duration_us')::numeric / 1000000, 2) AS "talk, s"
FROM jsonb_array_elements(:'calls'::jsonb->'data') AS call
LEFT JOIN (SELECT string_to_array(line, E'\t') AS line FROM string_to_table(:'expected', E'\n') AS line) AS e
  ON e.line[1] = call->>'call_id'
ORDER BY call->>'started_at';
SQL
    request "$connector_key_807" GET "$server/v1/calls/changes?limit=100"
    echo "The change feed, GET /v1/calls/changes, has $(grep -o '"op" *: *"upsert"' "$demo/answers/body" | wc -l) entries."
}

show_records_of_sql() {
    local found other
    echo
    echo "The same by SQL, as tenant 807's own database role:"
    run_psql "$sql_url_807" --pset footer=off --pset null=- --command "
        SELECT left(call_id, 8) || '…' AS call_id, started_at, direction, status, user_id, extension_name, client_number,
          duration_us
        FROM crm.calls ORDER BY started_at"
    found=$(run_psql "$sql_url_807" --tuples-only --no-align --command "SELECT call_id FROM crm.calls" | sort)
    [ "$found" = "$(cut -f 1 "$demo/expected" | sort)" ] || die "the tenant's role does not see exactly the tenant's calls"
    other=$(run_psql "$sql_url_808" --tuples-only --no-align --field-separator=' ' \
        --command "SELECT (SELECT count(*) FROM crm.calls), (SELECT count(*) FROM crm.users)")
    [ "$other" = "0 3" ] || die "tenant 808's role should see no call and its own 3 users, but sees: $other"
    echo "As tenant 808's role, which has had no call: 0 calls, and its own 3 users."
    echo
}

show_addresses() {
    # shellcheck source=/dev/null
    source "$demo/env"
    cat <<TEXT
RingBridge is running.

  server            $server  (/healthz, /readyz)
  simulated PBX     $simulator
  logs              .demo/server.log, .demo/simulator.log

  operator key      $operator_key
  tenant 807        admin key      $admin_key_807
                    connector key  $connector_key_807
                    SQL            $sql_url_807
  tenant 808        admin key      $admin_key_808
                    connector key  $connector_key_808
                    SQL            $sql_url_808

Next, for example:

  . .demo/env
  curl -s -H "Authorization: Bearer \$connector_key_807" "\$server/v1/calls?limit=1"
  curl -s "\$simulator/_sim/calls?wait=true" -d '{"client_id": 10500, "scenario": "S02"}'
  psql "\$sql_url_807" -c 'SELECT started_at, direction, status, user_id, client_number FROM calls'

README.md goes on from there. End it with: admin-scripts/demo stop (or wipe, which also deletes .demo)
TEXT
}
