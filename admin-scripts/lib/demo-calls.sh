# shellcheck shell=bash disable=SC2154
# What happens on the demo's PBX, and the call records that must come of it. $demo/expected has one line a record:
# CallID, direction, status, user, extension, client number, flags, and where the call came from; "-" is null.

expect() {
    local IFS=$'\t'
    printf '%s\n' "$*" >>"$demo/expected"
}

# The events of a real PBX, byte for byte, sent where the PBX was told to send extension 85219's events.
replay_captured_events() {
    local event_url body status
    say "replaying captured events of a real PBX"
    request "" GET "$simulator/_sim/extensions/85219/events"
    event_url=$(member url)
    while IFS= read -r body; do
        [[ "$body" != \#* && -n "$body" ]] || continue
        status=$(
            curl --silent --show-error --max-time 30 --data-binary @- --output "$demo/answers/body" \
                --write-out '%{http_code}' --config <(printf 'url = "%s"\n' "$event_url") < <(printf '%s' "$body")
        ) || die "the ingest URL had no answer; see $demo/server.log"
        [ "$status" = 200 ] || die "an event was answered $status: $(cat "$demo/answers/body")"
    done <"$root/admin-scripts/demo-data/captured-events.txt"
    expect b5187f38a9cc43f2ba068bce983a513e outgoing answered u2 '2566*102' +79161112233 bad_event_time \
        "captured: outgoing"
}

# Has the simulated PBX play a scenario and deliver its events: place_call SCENARIO CLIENT_NUMBER [USER_EXTENSION]
# Leaves the CallID in $call_id.
place_call() {
    local refused
    request "" POST "$simulator/_sim/calls?wait=true" "{\"client_id\": 10500, \"scenario\": \"$1\",
        \"client_number\": \"$2\", \"user_extension\": \"${3:-102}\"}"
    call_id=$(member call_id)
    grep -q '"status":200' "$demo/answers/body" || die "no event of $1 was delivered; is anything subscribed?"
    refused=$(grep -oE '"status":[^,}]*' "$demo/answers/body" | grep -v ':200$' | sort -u | tr '\n' ' ') || true
    [ -z "$refused" ] || die "events of $1 were not accepted: $refused"
}

place_simulated_calls() {
    say "placing calls on the simulated PBX"
    place_call S19 +79165550000
    # An internal call: no record.
    place_call S04 +79165550004
    expect "$call_id" incoming missed - '2566*887' +79165550004 - "S04 missed via queue and IVR"
    place_call S01 +79165550001
    expect "$call_id" incoming answered u2 '2566*102' +79165550001 - "S01 answered via IVR"
    place_call S02 +79165550002 103
    expect "$call_id" incoming answered u3 '2566*103' +79165550002 - "S02 ring-all, three phones"
    place_call S12 +79165550012
    expect "$call_id" outgoing answered u2 '2566*102' +79165550012 - "S12 outgoing answered"
    place_call S13 +79165550013 101
    expect "$call_id" outgoing busy u1 '2566*101' +79165550013 - "S13 outgoing busy"
}

# Waits until the connector API has exactly the expected records; ends the script, with both lists, when it has not.
await_records() {
    local deadline=$((SECONDS + 30))
    say "waiting for the call records"
    cut -f 1-7 "$demo/expected" | LC_ALL=C sort >"$demo/answers/expected"
    while true; do
        request "$connector_key_807" GET "$server/v1/calls?limit=100"
        list_records >"$demo/answers/records"
        if cmp -s "$demo/answers/expected" "$demo/answers/records"; then
            return
        fi
        [ "$SECONDS" -lt "$deadline" ] || break
        sleep 0.3
    done
    say "expected (<) and found (>):"
    diff "$demo/answers/expected" "$demo/answers/records" >&2 || true
    die "the call records are not the expected ones"
}
