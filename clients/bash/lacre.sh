#!/usr/bin/env bash
# A client for LACRE1 (docs/protocol.md) in one file: bash 4.4 or newer, openssl, curl 7.55 or newer, and the usual
# sort, od, tr.
#
#   export LACRE_APP_ID=… LACRE_API_KEY=lk1_…          # and LACRE_HASH=sha384 or sha512, where the key is used with it
#   export LACRE_SIGNED_HEADERS='x-request-id …'       # to sign headers that section 4 leaves unsigned, where you set them
#   bash lacre.sh GET https://api.example.com/orders
#   bash lacre.sh POST https://api.example.com/orders -H 'Content-Type: application/json' -d '{"item":"tea"}'
#   bash lacre.sh PUT https://api.example.com/file -f picture.png -- --fail-with-body -o answer.json   # options of curl
#   source lacre.sh; lacre_request GET …               # the same in a script; lacre_sign signs without sending
#
# It prints the content of the answer. It does not verify signed answers (section 11). A refusal to sign exits with 64.
# The tests of the project run this file: of the vectors in docs/vectors/lacre1.json all senders and keys and every
# request that a sender can make, and real requests.

# lacre_sign METHOD SCHEME HOST TARGET CONTENT-FILE ['Name: value']…
# Signs a request in the form in which it will be sent; the target is path and query, byte for byte. Every header given
# is sent, and signed but for those of section 4. Sets lacre_headers (the lines to send, Host left out),
# lacre_authorization, lacre_signature and lacre_canonical_request. Every call is a new attempt with a time and a nonce
# of its own; only tests set LACRE_TIMESTAMP and LACRE_NONCE.
lacre_sign() {
  local -x LC_ALL=C # for sort as well: other locales overlook hyphens
  local method=$1 scheme=$2 host=$3 target=$4 content=$5 hash=${LACRE_HASH-sha256}
  shift 5
  local app_id=${LACRE_APP_ID-} timestamp nonce key query='' line name value lower list algorithm

  [[ $app_id =~ ^[A-Za-z0-9._~-]+$ && ${#app_id} -le 128 && $app_id != lk1_* ]] ||
    lacre_refuse 'LACRE_APP_ID: 1 to 128 letters, digits and - _ . ~, and not what begins as keys do' || return
  [[ $hash =~ ^sha(256|384|512)$ ]] || lacre_refuse 'LACRE_HASH: sha256, sha384 or sha512' || return
  algorithm=LACRE1-HMAC-${hash^^}
  lacre_read_api_key || return
  printf -v timestamp '%(%s)T' -1
  timestamp=${LACRE_TIMESTAMP-$timestamp}
  nonce=${LACRE_NONCE-$(openssl rand -base64 16 | tr '+/' '-_' | tr -d '=\n')}

  [[ $method =~ ^[A-Z-]+$ && ${#method} -le 32 && $method != CONNECT && $method != TRACE ]] ||
    lacre_refuse 'method: capitals only, neither CONNECT nor TRACE' || return
  local printable='^/[]!"$-\\^-~[]*$' # 21 to 7E without #
  [[ $target =~ $printable && ${#target} -le 8192 ]] ||
    lacre_refuse 'target: begins with /, printable ASCII without # and spaces, at most 8192 characters' || return
  # A query parameter whose decoded name begins with "lacre-" (section 12).
  [[ $target != *\?* ]] || query=${target#*\?}
  local parameter='(^|&)(l|%[46]c)(a|%[46]1)(c|%[46]3)(r|%[57]2)(e|%[46]5)(-|%2d)'
  [[ ! ${query,,} =~ $parameter ]] || lacre_refuse 'target: a query parameter may not begin with lacre-' || return
  [[ $host =~ ^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$ && ${#host} -le 259 ]] ||
    lacre_refuse 'host: a name or an address, with or without a port' || return
  [[ $nonce =~ ^[A-Za-z0-9_-]+$ && ${#nonce} -ge 16 && ${#nonce} -le 128 && $timestamp =~ ^[1-9][0-9]{9}$ ]] ||
    lacre_refuse 'nonce or timestamp: outside its grammar' || return

  host=${host,,}
  case $scheme in
    https) host=${host%:443} ;;
    http) host=${host%:80} ;;
    *) lacre_refuse 'scheme: https or http' || return ;;
  esac
  local -A values=([host]=$host)
  lacre_headers=()
  for line; do
    [[ $line == *:* ]] || lacre_refuse 'header: write it as Name: value' || return
    name=${line%%:*} value=${line#*:}
    lower=${name,,}
    value=${value#"${value%%[! $'\t']*}"} # the blanks at both ends
    value=${value%"${value##*[! $'\t']}"}
    case $lower in # what this client sets itself, so that there is never a second line
      authorization | content-length | host | transfer-encoding)
        lacre_refuse "$name: set by this client, so leave it out" || return ;;
    esac
    [[ $name =~ ^[A-Za-z][A-Za-z0-9-]*$ && ${#name} -le 64 ]] ||
      lacre_refuse "header name ${name@Q}: at most 64 letters, digits and hyphens, a letter first" || return
    [[ ! -v values[$lower] ]] || lacre_refuse "$name: set twice" || return
    [[ $value != *[!\ -~]* ]] || lacre_refuse "$name: only printable ASCII can be signed" || return
    values[$lower]=$value
    lacre_headers+=("$name: $value")
  done
  if [[ -v values[content-digest] ]]; then
    [[ ${values[content-digest]} == "$(lacre_digest 256 "$content")" ||
      ${values[content-digest]} == "$(lacre_digest 512 "$content")" ]] ||
      lacre_refuse 'Content-Digest: not the sha-256 or sha-512 of the content' || return
  elif [[ -s $content ]]; then
    values[content-digest]=$(lacre_digest 256 "$content")
    lacre_headers+=("Content-Digest: ${values[content-digest]}")
  fi

  # Section 4: proxies change these, so they travel unsigned.
  local unsignable='^(connection|cookie|expect|forwarded|keep-alive|te|trailer|upgrade|via|proxy-.*|x-forwarded-.*)$'
  # Others add or rewrite these, so they travel unsigned unless LACRE_SIGNED_HEADERS names them.
  local others='^(accept|accept-charset|accept-encoding|accept-language|alt-used|b3|baggage|cache-control|cdn-loop|dnt'
  others+='|early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip'
  others+='|upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id'
  others+='|(cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*)$'
  local -A signed_headers=()
  local named
  read -r -d '' -a named <<< "${LACRE_SIGNED_HEADERS-}"
  for name in "${named[@]}"; do
    lower=${name,,}
    [[ $lower =~ ^[a-z][a-z0-9-]*$ && ${#lower} -le 64 && ! $lower =~ $unsignable ]] &&
      [[ ! $lower =~ ^(authorization|content-length|transfer-encoding)$ ]] ||
      lacre_refuse 'LACRE_SIGNED_HEADERS: names of headers with spaces between, none that section 4 forbids' || return
    signed_headers[$lower]=1
  done
  local names
  mapfile -t names < <(
    for name in "${!values[@]}"; do
      [[ $name =~ $unsignable ]] || [[ $name =~ $others && ! -v signed_headers[$name] ]] || printf '%s\n' "$name"
    done | sort
  )
  ((${#names[@]} <= 32)) ||
    lacre_refuse 'headers: at most 32 can be signed, host and Content-Digest among them' || return
  printf -v list '%s;' "${names[@]}"
  list=${list%;}
  printf -v lacre_canonical_request '%s\n' "$algorithm" "$app_id" "$timestamp" "$nonce" "$method" "$target"
  for name in "${names[@]}"; do lacre_canonical_request+=$name:${values[$name]}$'\n'; done
  lacre_canonical_request+=$'\n'$list
  lacre_signature=$(printf '%s' "$lacre_canonical_request" | lacre_hmac "$hash")
  [[ $lacre_signature =~ ^[0-9a-f]+$ ]] || lacre_refuse 'openssl did not work' || return
  lacre_authorization="$algorithm Credential=$app_id, Timestamp=$timestamp, Nonce=$nonce,"
  lacre_authorization+=" SignedHeaders=$list, Signature=$lacre_signature"
  lacre_headers+=("Authorization: $lacre_authorization")
}

# lacre_request METHOD URL [-H 'Name: value']… [-d TEXT | -f FILE] [-- option of curl…]
# Sends one signed request. Follows no redirect and never sends anything a second time. It waits for ever unless curl is
# told not to: -- --max-time 30.
lacre_request() (
  local -x LC_ALL=C
  local method=$1 url=$2 content='' has_type='' headers=() lines=() line
  shift 2
  folder=$(mktemp -d) || exit
  trap 'rm -rf "$folder"' EXIT
  content=$folder/content
  : > "$content"
  while (($# > 0)) && [[ $1 != -- ]]; do
    (($# > 1)) || lacre_refuse "$1: without a value" || exit
    case $1 in
      -H) headers+=("$2") ;;
      -d) printf '%s' "$2" > "$content" ;;
      -f) cp -- "$2" "$content" || exit ;; # what is signed and what is sent are the same bytes
      *) lacre_refuse "unknown option: $1" || exit ;;
    esac
    shift 2
  done
  [[ ${1-} != -- ]] || shift
  lacre_check_options "$@" || exit
  [[ $url =~ ^([Hh][Tt][Tt][Pp][Ss]?)://([^/?#]+)([^#]*) ]] ||
    lacre_refuse 'URL: begins with http:// or https:// and a host' || exit
  local scheme=${BASH_REMATCH[1],,} host=${BASH_REMATCH[2]} target=${BASH_REMATCH[3]}
  [[ $target == /* ]] || target=/$target
  for line in "${headers[@]}"; do [[ ${line,,} != content-type:* ]] || has_type=1; done
  # Else curl would add another, unsigned.
  [[ ! -s $content || -n $has_type ]] || headers+=('Content-Type: application/octet-stream')
  lacre_sign "$method" "$scheme" "$host" "$target" "$content" "${headers[@]}" || exit

  # With an @ curl reads header lines from a file, so that they do not stand in the list of processes. It wants `Name;`
  # for an empty value, and leaves out a field of its own that is named without one.
  for line in "${lacre_headers[@]}"; do lines+=("${line/%: /;}"); done
  local options=(-q -sS -g --path-as-is --request-target "$target" -H "Host: $host" -H 'Expect:' -H "@$folder/headers")
  printf '%s\n' "${lines[@]}" > "$folder/headers"
  if [[ $method == HEAD ]]; then options+=(--head); else options+=(-X "$method"); fi
  if [[ -s $content ]]; then
    options+=(--data-binary "@$content")
  elif [[ $method == P* ]]; then
    options+=(-H 'Content-Length: 0')
  fi
  curl "${options[@]}" "$@" "$scheme://$host/"
)

# Refuses the options of curl that change the request after it was signed, or send it again. A value that begins with a
# hyphen is read as an option.
lacre_check_options() {
  local option name refused letters
  local message='would change the request after it was signed, or send it again: give -H, -d or -f before --'
  message+=', the method and the whole URL first, and call again for another attempt'
  for option; do
    case $option in
      --?*)
        name=${option#--}
        name=${name%%=*}
        case $name in # families; no-… takes something back
          data* | expand-* | form* | json* | location* | netrc* | retry* | url*) lacre_refuse "$option $message" || return ;;
        esac
        # curl takes the beginning of a name for the name.
        for refused in anyauth aws-sigv4 basic config continue-at data delegation digest etag-compare expand-data form \
          get head header json location negotiate netrc next ntlm oauth2-bearer range request request-target retry \
          time-cond upload-file url user variable; do
          [[ $refused != "$name"* ]] || lacre_refuse "$option $message" || return
        done
        ;;
      -?*)
        letters=${option#-}
        while [[ -n $letters ]]; do
          case $letters in
            [CdFGHIKLnrTuXz:]*) lacre_refuse "$option $message" || return ;;
            [AbcDeEhmoPQtUwxyY]*) break ;; # the rest is its value
          esac
          letters=${letters:1}
        done
        ;;
    esac
  done
}

# Sets `key`: the 32 bytes of LACRE_API_KEY in hexadecimal. Strict: decoded, encoded again and compared.
lacre_read_api_key() {
  local text=${LACRE_API_KEY-} message='LACRE_API_KEY: lk1_ and 43 characters of base64url, without white space'
  [[ $text =~ ^lk1_[A-Za-z0-9_-]{43}$ ]] || lacre_refuse "$message" || return
  text=${text#lk1_}=
  text=${text//-/+}
  text=${text//_//}
  [[ $(printf '%s' "$text" | openssl base64 -d -A | openssl base64 -A) == "$text" ]] ||
    lacre_refuse "$message" || return
  key=$(printf '%s' "$text" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
}

# HMAC (RFC 2104) of stdin with `key`, in hexadecimal. `openssl dgst -mac HMAC -macopt hexkey:…` does the same, but puts
# the key where everybody on the machine can read it: into the list of processes.
lacre_hmac() {
  local hash=$1 block=64 i byte inner='' outer=''
  [[ $hash == sha256 ]] || block=128
  for ((i = 0; i < block; i++)); do
    byte=$((16#0${key:2*i:2}))
    printf -v inner '%s\\x%02x' "$inner" $((byte ^ 0x36))
    printf -v outer '%s\\x%02x' "$outer" $((byte ^ 0x5c))
  done
  { printf "$inner"; cat; } | openssl dgst "-$hash" -binary |
    { printf "$outer"; cat; } | openssl dgst "-$hash" -r | cut -d ' ' -f 1
}

# lacre_digest 256|512 FILE: the value of Content-Digest
lacre_digest() {
  printf 'sha-%s=:%s:' "$1" "$(openssl dgst "-sha$1" -binary "$2" | openssl base64 -A)"
}

lacre_refuse() {
  printf 'lacre: %s\n' "$1" >&2
  return 64
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  if (($# < 2)); then
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    exit 64
  fi
  lacre_request "$@"
fi
