#!/usr/bin/env bash
# Does what each line of stdin says, with the bash client; test/clients/driver.ts knows the lines.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../clients/bash/lacre.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

encode() { openssl base64 -A; }
decode() { openssl base64 -d -A <<< "$1"; }
text() { # text VARIABLE FIELD: keeps line feeds at the end, which $(…) would drop
  local decoded
  decoded=$(decode "$2"; printf x)
  printf -v "$1" '%s' "${decoded%x}"
}
headers() { # sets `headers`
  local pair name value
  headers=()
  for pair in $1; do
    text name "${pair%%:*}"
    text value "${pair#*:}"
    headers+=("$name:$value")
  done
}

sign() {
  local method scheme host target
  text LACRE_TIMESTAMP "$1"
  text LACRE_NONCE "$2"
  text method "$3"
  text scheme "$4"
  text host "$5"
  text target "$6"
  headers "$7"
  decode "$8" > "$folder/content"
  lacre_sign "$method" "$scheme" "$host" "$target" "$folder/content" "${headers[@]}" || return
  result="|$(printf '%s' "$lacre_canonical_request" | encode)|$(printf '%s' "$lacre_signature" | encode)"
  result+="|$(printf '%s' "$lacre_authorization" | encode)"
}

call() {
  local method url header options=() status
  unset LACRE_TIMESTAMP LACRE_NONCE
  text method "$1"
  text url "$2"
  headers "$3"
  for header in "${headers[@]}"; do options+=(-H "$header"); done
  decode "$4" > "$folder/content"
  status=$(lacre_request "$method" "$url" "${options[@]}" -f "$folder/content" -- -o "$folder/answer" -w '%{http_code}') ||
    return
  [[ $method != HEAD ]] || : > "$folder/answer" # where curl puts the header lines
  result="|$(printf '%s' "$status" | encode)|$(encode < "$folder/answer")|"
}

key() {
  local LC_ALL=C key
  lacre_read_api_key
}

while IFS= read -r line; do
  IFS='|' read -r -a fields <<< "$line|" # a delimiter more, or an empty last field would be lost
  text LACRE_APP_ID "${fields[1]}"
  text LACRE_API_KEY "${fields[2]}"
  text LACRE_HASH "${fields[3]}"
  text LACRE_SIGNED_HEADERS "${fields[4]}"
  result=''
  "${fields[0]}" "${fields[@]:5}" 2> "$folder/errors"
  case $? in
    0) [[ ! -s $folder/errors ]] || { cat "$folder/errors" >&2; exit 1; }
      printf 'ok%s\n' "$result" ;;
    64) printf 'refused|%s\n' "$(encode < "$folder/errors")" ;;
    *) cat "$folder/errors" >&2; exit 1 ;;
  esac
done
