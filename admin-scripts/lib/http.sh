# shellcheck shell=bash disable=SC2034,SC2154
# Requests to an HTTP interface, made with curl, and their JSON answers. Keys and event URLs reach curl by its configuration
# and bodies by standard input, not by arguments, which every user of the machine could read.
# Needs messages.sh and $answers, a directory that only its owner can enter.

# What read_fields read.
declare -gA field=()

# Sends a request and leaves the answer in $answer, its status in $status: send KEY METHOD URL [JSON | @FILE] [HEADER…]
# Fails when there is no answer.
send() {
    local key=$1 method=$2 url=$3 body=${4:-} header options=()
    shift $(($# < 4 ? $# : 4))
    for header in "$@"; do
        options+=(--header "$header")
    done
    case "$body" in
        "") ;;
        @*) options+=(--data-binary "$body") ;;
        *) options+=(--header "Content-Type: application/json" --data-binary @-) ;;
    esac
    status=$(
        curl --silent --show-error --max-time 90 --request "$method" "${options[@]}" \
            --config <(
                printf 'url = "%s"\n' "$url"
                [ -z "$key" ] || printf 'header = "Authorization: Bearer %s"\n' "$key"
            ) \
            --dump-header "$answers/headers" --output "$answers/body" --write-out '%{http_code}' <<<"$body"
    ) || return 1
    answer=$(cat "$answers/body")
}

# The first string member of that name in $answer.
member() {
    [[ "$answer" =~ \"$1\"[[:space:]]*:[[:space:]]*\"([^\"]*)\" ]] || die "the answer has no \"$1\": $answer"
    echo "${BASH_REMATCH[1]}"
}

# A header of the last answer.
answer_header() {
    sed -n "s/^$1: *//Ip" "$answers/headers" | tr -d '\r' | sed -n 1p
}

# Reads $answers/body into $field: "a.0.b" -> value.
read_fields() {
    local path value
    field=()
    while IFS=$'\t' read -r path value; do
        field[$path]=$value
    done < <(json_fields <"$answers/body")
}

# A line for each value of a JSON document: its path, a tab, the value. Line ends and tabs in texts become spaces.
json_fields() {
    LC_ALL=C awk '
        function skip() { while (i <= n && index(" \t\r\n", substr(s, i, 1))) i++ }
        function text(  c, out) {
            for (i++; i <= n && (c = substr(s, i, 1)) != "\""; i++) {
                if (c == "\\") {
                    c = substr(s, ++i, 1)
                    if (c == "u") { c = " "; i += 4 } else if (index("bfnrt", c)) c = " "
                }
                out = out c
            }
            i++
            return out
        }
        function value(path,  c, name, count, start) {
            skip()
            c = substr(s, i, 1)
            if (c == "{" || c == "[") {
                i++; skip()
                if (index("}]", substr(s, i, 1))) { i++; return }
                do {
                    skip()
                    name = count++
                    if (c == "{") { name = text(); skip(); i++ }
                    value(path == "" ? name : path "." name)
                    skip()
                } while (i <= n && substr(s, i++, 1) == ",")
            } else if (c == "\"") {
                print path "\t" text()
            } else {
                for (start = i; i <= n && !index(",}] \t\r\n", substr(s, i, 1)); i++);
                print path "\t" substr(s, start, i - start)
            }
        }
        { s = s $0 "\n" }
        END { n = length(s); i = 1; value("") }'
}

# A text as a JSON string.
json_text() {
    local text=$1
    text=${text//\\/\\\\}
    text=${text//\"/\\\"}
    text=${text//[[:cntrl:]]/ }
    printf '"%s"' "$text"
}
