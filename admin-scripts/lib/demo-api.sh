# shellcheck shell=bash disable=SC2034,SC2154
# The demo's HTTP requests, made as an operator makes them: with curl. Needs http.sh.

# Sends a request and leaves the answer in $answer: request KEY METHOD URL [JSON] [HEADER…]
# Anything but 2xx ends the script with the answer.
request() {
    send "$@" || die "$2 ${3%%\?*} had no answer; see $demo/server.log"
    [[ "$status" == 2* ]] || die "$2 ${3%%\?*} was answered $status: $answer"
}

random_hex() {
    od -An -N 16 -tx1 /dev/urandom | tr -d ' \n'
}

# A client on the simulated PBX, and the tenant that is it:
# onboard_tenant TENANT PBX_CLIENT NUMBER_PREFIX ID_OFFSET NAME
onboard_tenant() {
    local tenant=$1 client=$2 prefix=$3 offset=$4 name=$5 app_id app_secret url
    say "onboarding tenant $tenant"
    app_id=$(random_hex)
    app_secret=$(random_hex)
    request "" POST "$simulator/_sim/seed" "{\"app_id\": \"$app_id\", \"app_secret\": \"$app_secret\",
        \"client_id\": $client, \"prefix\": \"$prefix\", \"id_offset\": $offset}"

    url="$server/admin/v1/tenants/$tenant"
    request "$operator_key" PUT "$url" "{\"name\": \"$name\", \"locale\": \"ru\", \"time_zone\": \"Europe/Moscow\",
        \"pbx\": {\"app_id\": \"$app_id\", \"app_secret\": \"$app_secret\"}}"
    request "$operator_key" POST "$url/keys" '{"role": "admin", "name": "demo"}'
    remember "admin_key_$tenant" "$(member key)"
    request "$operator_key" POST "$url/keys" '{"role": "connector", "name": "demo"}'
    remember "connector_key_$tenant" "$(member key)"
    map_users "$tenant" "$offset"
    remember "sql_url_$tenant" "$("$root/.build/debug/ringbridge" bi create --tenant "$tenant")"
}

# Phones 101, 102, 103 belong to u1, u2, u3; the IVR 099 and the queues 887 and 888 are monitored.
map_users() {
    local tenant=$1 offset=$2 key="admin_key_$1" url="$server/admin/v1/tenants/$1"
    request "${!key}" PUT "$url/users/u1" '{"name": "Анна"}'
    request "${!key}" PUT "$url/users/u2" '{"name": "Борис"}'
    request "${!key}" PUT "$url/users/u3" '{"name": "Вера"}'
    request "${!key}" GET "$url/extensions?refresh=true"
    request "${!key}" GET "$url/mappings"
    request "${!key}" PUT "$url/mappings" "{\"mappings\": [
        {\"extension_id\": $((85218 + offset)), \"user_id\": \"u1\"},
        {\"extension_id\": $((85219 + offset)), \"user_id\": \"u2\"},
        {\"extension_id\": $((85220 + offset)), \"user_id\": \"u3\"},
        {\"extension_id\": $((96850 + offset)), \"user_id\": null},
        {\"extension_id\": $((96857 + offset)), \"user_id\": null},
        {\"extension_id\": $((96858 + offset)), \"user_id\": null}]}" \
        "If-Match: $(answer_header ETag)" "Prefer: wait=60"
    [ "$(member status)" = converged ] || die "the subscriptions of tenant $tenant were not all made: $answer"
}
