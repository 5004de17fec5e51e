#!/usr/bin/env python3
"""LACRE1 in Python: signer, verifier and generator of docs/vectors/lacre1.json.

Written from the specification (docs/protocol.md) alone, with the standard library
alone, so that it can serve as an oracle for implementations in other languages.

    python3 test/vectors/lacre1.py            write docs/vectors/lacre1.json
    python3 test/vectors/lacre1.py --check    exit 1 if that file is not what would be written

Text that stands for bytes on the wire is a str of code points 0 to 255 (latin-1).
"""
import base64
import hashlib
import hmac
import json
import os
import re
import sys

sys.dont_write_bytecode = True
# The parts of this program import it by its name, and are to find the one that runs.
sys.modules.setdefault("lacre1", sys.modules[__name__])

MAX_HEADER = 4096
MAX_TARGET = 8192
MAX_NAMES = 32
ABSURD = 86400
MAX_AGE = 300
FUTURE_SKEW = 5
PARAMS = ("Credential", "Timestamp", "Nonce", "SignedHeaders", "Signature")
RESPONSE_PARAMS = ("Timestamp", "SignedHeaders", "Signature")
QUERY_PARAMS = ("Lacre-Algorithm", "Lacre-Credential", "Lacre-Timestamp", "Lacre-Expires", "Lacre-Nonce",
                "Lacre-SignedHeaders", "Lacre-Signature")
RESPONSE = "-RESPONSE"
PRESIGNED = "-PRESIGNED"
ALGORITHMS = {"LACRE1-HMAC-SHA256": "sha256", "LACRE1-HMAC-SHA384": "sha384", "LACRE1-HMAC-SHA512": "sha512"}
FIRST_LINE = dict((v, k) for k, v in ALGORITHMS.items())
HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
DIGESTS = {"sha-256": ("sha256", 44), "sha-512": ("sha512", 88)}
MUST_SIGN_IF_PRESENT = (
    "content-digest", "content-type", "content-encoding", "content-language", "content-range",
    "idempotency-key", "x-http-method", "x-http-method-override", "x-method-override")
MUST_SIGN_IN_RESPONSE = ("content-type", "content-encoding", "location", "retry-after", "content-digest", "lacre-clock")
FORBIDDEN = frozenset((
    "authorization", "connection", "content-length", "cookie", "expect", "forwarded", "keep-alive",
    "te", "trailer", "transfer-encoding", "upgrade", "via"))
FORBIDDEN_PREFIXES = ("proxy-", "x-forwarded-")
UNSIGNED_UNLESS_NAMED = frozenset("""
accept accept-charset accept-encoding accept-language alt-used b3 baggage cache-control cdn-loop dnt early-data
max-forwards origin pragma priority referer save-data traceparent tracestate true-client-ip upgrade-insecure-requests
user-agent x-amz-cf-id x-client-ip x-cloud-trace-context x-real-ip x-request-id""".split())
UNSIGNED_UNLESS_NAMED_PREFIXES = (
    "cf-", "fastly-", "fly-", "sec-", "x-amzn-", "x-azure-", "x-b3-", "x-envoy-", "x-vercel-")

APP_ID = re.compile(r"(?!lk1_)[A-Za-z0-9\-_.~]{1,128}")
TIMESTAMP = re.compile(r"[1-9][0-9]{9}")
EXPIRES = re.compile(r"[1-9][0-9]{0,5}")
NONCE = re.compile(r"[A-Za-z0-9\-_]{16,128}")
NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
METHOD = re.compile(r"[A-Z-]{1,32}")
TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*")
VALUE = re.compile(r"[\x20-\x7e]*")
DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):")
API_KEY = re.compile(r"lk1_[A-Za-z0-9_-]{43}")


class Refused(Exception):
    """A request that is not accepted, or a response that is not believed.

    `code` is one of the protocol's refusal codes, or one of its faults of a response.
    """

    def __init__(self, code):
        Exception.__init__(self, code)
        self.code = code


# ---------------------------------------------------------------- shared by signer and verifier

def encode_key(raw):
    return "lk1_" + base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def decode_key(text):
    """The 32 bytes of an API key; strict: exactly one text stands for each key."""
    if not API_KEY.fullmatch(text):
        raise ValueError("not an API key of the form lk1_ and 43 characters")
    raw = base64.urlsafe_b64decode(text[4:] + "=")
    if len(raw) != 32 or encode_key(raw) != text:
        raise ValueError("not an API key in its only spelling")
    return raw


def trim(value):
    """Without SP and HTAB at the ends; nothing else is white space here."""
    return value.strip(" \t")


def is_forbidden(name):
    return name in FORBIDDEN or name.startswith(FORBIDDEN_PREFIXES)


def is_left_unsigned(name):
    """Whether a sender leaves it out of the list unless its user names it."""
    return name in UNSIGNED_UNLESS_NAMED or name.startswith(UNSIGNED_UNLESS_NAMED_PREFIXES)


def canonical_text(first, app_id, timestamp, nonce, method, target, fields, names_text):
    """The canonical request. `fields` are (name, value) pairs, already trimmed."""
    head = [first, app_id, timestamp, nonce, method, target]
    return "\n".join(head + ["%s:%s" % field for field in fields] + ["", names_text])


def canonical_response(first, app_id, request_signature, timestamp, status, fields, names_text):
    """What the MAC of a response is of. `fields` are (name, value) pairs, already trimmed."""
    head = [first, app_id, request_signature, timestamp, status]
    return "\n".join(head + ["%s:%s" % field for field in fields] + ["", names_text])


def mac_hex(key, algorithm, text):
    return hmac.new(key, text.encode("latin-1"), algorithm).hexdigest()


def digest_field(body, name="sha-256"):
    raw = hashlib.new(DIGESTS[name][0], body).digest()
    return "%s=:%s:" % (name, base64.b64encode(raw).decode("ascii"))


def origin_host(origin):
    """(host without the default port, the default port) of a public origin."""
    scheme, _, authority = origin.partition("://")
    port = {"https": "443", "http": "80"}[scheme]
    authority = authority.lower()
    if authority.endswith(":" + port):
        authority = authority[:-len(port) - 1]
    return authority, port


def has_port(host):
    return re.search(r":[0-9]+\Z", host) is not None


def match_host(value, origins):
    """The host as it is signed, or None if it is none of the origins."""
    value = trim(value).lower()
    for origin in origins:
        host, port = origin_host(origin)
        if value == host or (not has_port(host) and value == host + ":" + port):
            return host
    return None


def is_lacre_parameter(part):
    """Whether the decoded name of one parameter of a query begins with lacre- in any case."""
    name = part.partition("=")[0].replace("+", " ")
    name = re.sub(r"%([0-9A-Fa-f]{2})", lambda m: chr(int(m.group(1), 16)), name)
    return name.lower().startswith("lacre-")


def has_lacre_parameter(target):
    return any(is_lacre_parameter(part) for part in target.partition("?")[2].split("&"))


# ---------------------------------------------------------------- signer

def need(condition, what):
    if not condition:
        raise ValueError("cannot sign: " + what)


def need_request(algorithm, app_id, timestamp, method, target, lower):
    need(algorithm in ALGORITHMS, "algorithm")
    need(APP_ID.fullmatch(app_id), "app id")
    need(TIMESTAMP.fullmatch(str(timestamp)), "timestamp")
    need(METHOD.fullmatch(method) and method not in ("CONNECT", "TRACE"), "method")
    need(TARGET.fullmatch(target) and len(target) <= MAX_TARGET, "target")
    need(not has_lacre_parameter(target), "a query parameter named lacre-")
    need("authorization" not in lower, "there is an Authorization header already")


def fields_to_sign(lines, names, must, body):
    """The (name, value) pairs of `names`. Raises ValueError for what a verifier would refuse."""
    lower = [n.lower() for n, _ in lines]
    need(names == sorted(set(names)) and len(names) <= MAX_NAMES, "list of signed headers")
    for name in must:
        need(name not in lower or name in names, name + " is not signed")
    fields = []
    for name in names:
        need(NAME.fullmatch(name) and not is_forbidden(name), "header " + name)
        need(lower.count(name) == 1, name + " occurs not exactly once")
        need(not any(n != name and n.replace("_", "-") == name for n in lower), name + " has a twin")
        value = trim(lines[lower.index(name)][1])
        need(VALUE.fullmatch(value), "value of " + name)
        if name == "content-digest" and body is not None:
            match = DIGEST.fullmatch(value)
            need(match and digest_field(body, match.group(1)) == value, "content-digest")
        fields.append((name, value))
    return fields


def request_fields(lines, names, body, scheme):
    need("host" in names, "host is not signed")
    fields = fields_to_sign(lines, names, MUST_SIGN_IF_PRESENT, body)
    return [(n, match_host(v, [scheme + "://" + v]) if n == "host" else v) for n, v in fields]


def sign(app_id, key, method, target, headers, body=b"", timestamp=0, nonce="", algorithm="LACRE1-HMAC-SHA256",
         scheme="https", names=None, named=()):
    """Sign a request. `headers` is a list of (name, value) and holds Host.

    Returns a dict: headers (to send, Authorization last), canonicalRequest, mac, authorization.
    Adds Content-Digest if there is content and the field is not given. Signs every header that a sender signs, and
    those of the others that are in `named` (lower case), unless `names` is the list itself. Raises ValueError for
    whatever a verifier would refuse.
    """
    lines = [(n, v) for n, v in headers]
    lower = [n.lower() for n, _ in lines]
    if body and "content-digest" not in lower:
        lines.append(("Content-Digest", digest_field(body)))
        lower.append("content-digest")
    need_request(algorithm, app_id, timestamp, method, target, lower)
    need(NONCE.fullmatch(nonce), "nonce")
    if names is None:
        need(not any(is_forbidden(n) for n in named), "header that may not be signed")
        names = sorted(n for n in lower if not is_forbidden(n) and (n in named or not is_left_unsigned(n)))
    fields = request_fields(lines, names, body, scheme)
    text = canonical_text(algorithm, app_id, str(timestamp), nonce, method, target, fields, ";".join(names))
    mac = mac_hex(key, ALGORITHMS[algorithm], text)
    authorization = format_authorization(algorithm, app_id, str(timestamp), nonce, ";".join(names), mac)
    return {"headers": lines + [("Authorization", authorization)], "canonicalRequest": text, "mac": mac,
            "authorization": authorization}


def format_authorization(algorithm, *values):
    return algorithm + " " + ", ".join("%s=%s" % pair for pair in zip(PARAMS, values))


def presign(app_id, key, method, target, headers, expires, timestamp=0, nonce=None, algorithm="LACRE1-HMAC-SHA256",
            scheme="https", names=("host",)):
    """Make a URL that is good for `expires` seconds, once if there is a nonce.

    `headers` is a list of (name, value) that the request will carry, and holds Host. Returns a dict: target
    (to be requested), canonicalRequest, mac. Raises ValueError for whatever a verifier would refuse.
    """
    need_request(algorithm, app_id, timestamp, method, target, [n.lower() for n, _ in headers])
    need(method in ("GET", "HEAD"), "method")
    need(EXPIRES.fullmatch(str(expires)), "expires")
    need(nonce is None or NONCE.fullmatch(nonce), "nonce")
    fields = request_fields(headers, list(names), b"", scheme)
    names_text = ";".join(names)
    values = (algorithm + PRESIGNED, app_id, str(timestamp), str(expires), nonce, names_text)
    pairs = ["%s=%s" % pair for pair in zip(QUERY_PARAMS, values) if pair[1] is not None]
    signed = target + ("&" if "?" in target else "?") + "&".join(pairs)
    text = canonical_text(algorithm + PRESIGNED, app_id, str(timestamp), nonce or "", method, signed, fields, names_text)
    mac = mac_hex(key, ALGORITHMS[algorithm], text)
    complete = "%s&Lacre-Signature=%s" % (signed, mac)
    need(len(complete) <= MAX_TARGET, "target")
    return {"target": complete, "canonicalRequest": text, "mac": mac}


def sign_response(app_id, key, request_signature, status, headers, content=b"", timestamp=0,
                  algorithm="LACRE1-HMAC-SHA256", request_method="GET", names=None):
    """Sign the response to the request that bore `request_signature`.

    Returns a dict: headers (to send, Lacre-Signature last), canonicalResponse, mac, lacreSignature. Adds
    Content-Digest if there is content and the field is not given. Signs the minimum unless `names` says more.
    Raises ValueError for whatever a client would not believe.
    """
    bare = is_bare(request_method, status)
    lines = [(n, v) for n, v in headers]
    lower = [n.lower() for n, _ in lines]
    need(not (bare and content), "content where there can be none")
    if content and "content-digest" not in lower:
        lines.append(("Content-Digest", digest_field(content)))
        lower.append("content-digest")
    need(algorithm in ALGORITHMS, "algorithm")
    need(TIMESTAMP.fullmatch(str(timestamp)), "timestamp")
    need(200 <= status <= 599, "status")
    need("lacre-signature" not in lower, "there is a Lacre-Signature header already")
    if names is None:
        names = sorted(n for n in MUST_SIGN_IN_RESPONSE if n in lower)
    fields = fields_to_sign(lines, names, MUST_SIGN_IN_RESPONSE, None if bare else content)
    names_text = ";".join(names)
    text = canonical_response(
        algorithm + RESPONSE, app_id, request_signature, str(timestamp), str(status), fields, names_text)
    mac = mac_hex(key, ALGORITHMS[algorithm], text)
    field = format_signature(algorithm + RESPONSE, str(timestamp), names_text, mac)
    return {"headers": lines + [("Lacre-Signature", field)], "canonicalResponse": text, "mac": mac,
            "lacreSignature": field}


def format_signature(first, *values):
    return first + " " + ", ".join("%s=%s" % pair for pair in zip(RESPONSE_PARAMS, values))


def is_bare(request_method, status):
    """Whether HTTP gives such a response no content, whatever its fields say (RFC 9110, 6.4.1)."""
    return request_method == "HEAD" or status in (204, 304)


# ---------------------------------------------------------------- verifier

def parse_params(rest, known):
    """The parameters after the algorithm, each of `known` exactly once; None if they are anything else."""
    params = {}
    for index, item in enumerate(rest.split(",")):
        if index > 0 and item.startswith(" "):
            item = item[1:]
        name, equals, content = item.partition("=")
        if not equals or name not in known or name in params or re.search(r'[ \t"]', content):
            return None
        params[name] = content
    return params if len(params) == len(known) else None


def parse_authorization(value):
    """Step 3.1 of the header form: the grammar of the whole list, before any value is looked at."""
    if value[:7].lower() != "lacre1-":
        raise Refused("credentials-missing")
    if len(value) > MAX_HEADER:
        raise Refused("credentials-malformed")
    first, space, rest = value.partition(" ")
    if first not in ALGORITHMS or not space:
        raise Refused("credentials-malformed")
    params = parse_params(rest, PARAMS)
    if params is None:
        raise Refused("credentials-malformed")
    return first, params


def parse_target(target):
    """Step 3.1 of a presigned URL: the shape of the target's end, before any value but `Lacre-Expires`.

    Returns the first line, the parameters without their `Lacre-`, and the target that is signed.
    """
    parts = target.partition("?")[2].split("&")
    count = sum(is_lacre_parameter(part) for part in parts)
    pairs = [part.partition("=") for part in parts[-count:]]
    names = tuple(name for name, _, _ in pairs)
    if names not in (QUERY_PARAMS, tuple(n for n in QUERY_PARAMS if n != "Lacre-Nonce")):
        raise Refused("credentials-malformed")
    if not all(equals for _, equals, _ in pairs):
        raise Refused("credentials-malformed")
    params = dict((name[len("Lacre-"):], value) for name, _, value in pairs)
    first = params["Algorithm"]
    if not first.endswith(PRESIGNED) or first[:-len(PRESIGNED)] not in ALGORITHMS:
        raise Refused("credentials-malformed")
    if not EXPIRES.fullmatch(params["Expires"]):
        raise Refused("credentials-malformed")
    return first, params, target.rpartition("&Lacre-Signature=")[0]


def check_names(text):
    names = text.split(";")
    if len(names) > MAX_NAMES or not all(NAME.fullmatch(n) for n in names):
        raise Refused("signed-headers-malformed")
    if any(a >= b for a, b in zip(names, names[1:])):
        raise Refused("signed-headers-malformed")
    if any(is_forbidden(n) for n in names):
        raise Refused("header-forbidden")
    return names


def is_mac(text, algorithm):
    return re.fullmatch("[0-9a-f]{%d}" % HEX_LENGTH[algorithm], text) is not None


def values_of(lines, name):
    return [v for n, v in lines if n == name]


def has_twin(lines, name):
    return any(n != name and n.replace("_", "-") == name for n, _ in lines)


def signed_fields(lines, names):
    """Step 3.3: the (name, trimmed value) pairs of the listed names. `lines` have names in lower case."""
    fields = []
    for name in names:
        found = values_of(lines, name)
        if has_twin(lines, name):
            raise Refused("header-ambiguous")
        if not found:
            raise Refused("header-missing")
        if len(found) > 1:
            raise Refused("header-repeated")
        value = trim(found[0])
        if not VALUE.fullmatch(value):
            raise Refused("header-malformed")
        fields.append((name, value))
    return fields


def check_minimum(lines, names, when_present, always=()):
    """Step 3.4."""
    for name in sorted(when_present):
        if has_twin(lines, name):
            raise Refused("header-ambiguous")
        if len(values_of(lines, name)) > 1:
            raise Refused("header-repeated")
    for name in always:
        if name not in names:
            raise Refused("header-unsigned")
    for name in when_present:
        if values_of(lines, name) and name not in names:
            raise Refused("header-unsigned")


def check_digest(value):
    match = DIGEST.fullmatch(value)
    if not match:
        raise Refused("digest-malformed")
    algorithm, length = DIGESTS[match.group(1)]
    text = match.group(2)
    if len(text) != length:
        raise Refused("digest-malformed")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("digest-malformed")
    if base64.b64encode(raw).decode("ascii") != text:
        raise Refused("digest-malformed")
    return algorithm, raw


def live_keys(records, algorithm, now):
    """At most two, in a ring that section 8 takes."""
    return [r for r in records
            if r["algorithm"] == algorithm and r["state"] in ("active", "accept-only")
            and r.get("notBefore", now) <= now and ("expiresAt" not in r or now < r["expiresAt"])]


def verify(request, apps, now, origins, route_names=(), max_age=MAX_AGE, future_skew=FUTURE_SKEW, seen=None,
           presigned_seconds=0):
    """The app id of an accepted request; raises Refused otherwise.

    request: method, target (str), headers (list of [name, value], as received), body (bytes).
    apps: app id -> list of key records. seen: a set of claimed (app id, nonce).
    presigned_seconds: for how long the presigned URLs may be that the route takes; 0 if it takes none.
    """
    seen = set() if seen is None else seen
    lines = [(name.lower(), value) for name, value in request["headers"]]

    def values(name):
        return values_of(lines, name)

    # step 1, the head: request line
    method, target = request["method"], request["target"]
    if not METHOD.fullmatch(method) or method in ("CONNECT", "TRACE"):
        raise Refused("method-refused")
    if not TARGET.fullmatch(target) or len(target) > MAX_TARGET:
        raise Refused("target-malformed")

    # host
    hosts = values("host")
    if not hosts:
        raise Refused("header-missing")
    if len(hosts) > 1:
        raise Refused("header-repeated")
    host = match_host(hosts[0], origins)
    if host is None:
        raise Refused("host-unknown")

    # transfer coding
    codings = values("transfer-encoding")
    if codings and [trim(c).lower() for c in codings] != ["chunked"]:
        raise Refused("transfer-coding-refused")

    # step 2, the scheme: one Authorization line, or parameters in the query
    authorization = values("authorization")
    presigned = has_lacre_parameter(target)
    if len(authorization) + presigned > 1:
        raise Refused("credentials-repeated")
    if not authorization and not presigned:
        raise Refused("credentials-missing")

    # step 3, grammar: shape, then values
    if presigned:
        first, params, signed_target = parse_target(target)
        algorithm = ALGORITHMS[first[:-len(PRESIGNED)]]
    else:
        first, params = parse_authorization(trim(authorization[0]))
        algorithm, signed_target = ALGORITHMS[first], target
    app_id, timestamp, nonce = params["Credential"], params["Timestamp"], params.get("Nonce")
    if not APP_ID.fullmatch(app_id):
        raise Refused("app-id-malformed")
    if not TIMESTAMP.fullmatch(timestamp):
        raise Refused("timestamp-malformed")
    if nonce is not None and not NONCE.fullmatch(nonce):
        raise Refused("nonce-malformed")
    names = check_names(params["SignedHeaders"])
    if not is_mac(params["Signature"], algorithm):
        raise Refused("signature-malformed")

    # method
    if presigned and method not in ("GET", "HEAD"):
        raise Refused("method-refused")

    # signed headers, and the minimum
    fields = [(n, host if n == "host" else v) for n, v in signed_fields(lines, names)]
    check_minimum(lines, names, MUST_SIGN_IF_PRESENT, always=("host",))

    # digest grammar
    digest = check_digest(dict(fields)["content-digest"]) if "content-digest" in names else None

    # step 4, absurd time
    now = int(now // 1)
    time = int(timestamp)
    expires = int(params["Expires"]) if presigned else 0
    if now < time - ABSURD or now > time + expires + ABSURD:
        raise Refused("timestamp-absurd")

    # steps 5 to 7, keys and MAC
    records = apps.get(app_id)
    keys = live_keys(records or [], algorithm, now)
    text = canonical_text(
        first, app_id, timestamp, nonce or "", method, signed_target, fields, params["SignedHeaders"])
    genuine = False
    for key in [decode_key(r["apiKey"]) for r in keys] or [bytes(32)]:
        genuine = hmac.compare_digest(mac_hex(key, algorithm, text), params["Signature"]) or genuine
    if records is None:
        raise Refused("app-unknown")
    if not keys:
        raise Refused("key-unusable")
    if not genuine:
        raise Refused("signature-mismatch")

    # step 8, content
    body = request["body"]
    if body and (digest is None or presigned):
        raise Refused("content-undigested")
    if digest is not None and not hmac.compare_digest(hashlib.new(digest[0], body).digest(), digest[1]):
        raise Refused("content-mismatch")

    # step 9, the route: whether it takes presigned URLs, and its own names
    if presigned and expires > presigned_seconds:
        raise Refused("scheme-refused")
    for name in route_names:
        if name not in names:
            raise Refused("header-unsigned")

    # step 10, window. An authentic request from the future uses its nonce up.
    if now >= time + expires if presigned else now > time + max_age:
        raise Refused("timestamp-too-old")
    again = (app_id, nonce) in seen
    if nonce is not None:
        seen.add((app_id, nonce))
    if now < time - future_skew:
        raise Refused("timestamp-too-new")
    if again:
        raise Refused("nonce-seen")
    return app_id


def verify_response(response, app_id, key, algorithm, request_signature, request_method):
    """The timestamp of a response that the holder of the key made to this request; raises Refused otherwise.

    response: status (int), headers (list of [name, value], as received), content (bytes, no content coding
    taken off). algorithm: `sha256`, `sha384` or `sha512`, with which the request was signed.
    """
    lines = [(name.lower(), value) for name, value in response["headers"]]

    # 1 and 2, the field and its grammar
    found = values_of(lines, "lacre-signature")
    if not found:
        raise Refused("signature-missing")
    if len(found) > 1:
        raise Refused("signature-repeated")
    value = trim(found[0])
    first, space, rest = value.partition(" ")
    if len(value) > MAX_HEADER or first != FIRST_LINE[algorithm] + RESPONSE or not space:
        raise Refused("signature-malformed")
    params = parse_params(rest, RESPONSE_PARAMS)
    if params is None or not TIMESTAMP.fullmatch(params["Timestamp"]) or not is_mac(params["Signature"], algorithm):
        raise Refused("signature-malformed")
    try:
        names = check_names(params["SignedHeaders"]) if params["SignedHeaders"] else []
    except Refused:
        raise Refused("signature-malformed")

    # 3 and 4, the listed fields and the MAC
    fields = signed_fields(lines, names)
    text = canonical_response(first, app_id, request_signature, params["Timestamp"], str(response["status"]), fields,
                              params["SignedHeaders"])
    if not hmac.compare_digest(mac_hex(key, algorithm, text), params["Signature"]):
        raise Refused("signature-mismatch")

    # 5 to 7, the minimum and the content
    check_minimum(lines, names, MUST_SIGN_IN_RESPONSE)
    digest = check_digest(dict(fields)["content-digest"]) if "content-digest" in names else None
    if not is_bare(request_method, response["status"]):
        content = response["content"]
        if content and digest is None:
            raise Refused("content-undigested")
        if digest is not None and not hmac.compare_digest(hashlib.new(digest[0], content).digest(), digest[1]):
            raise Refused("content-mismatch")
    return int(params["Timestamp"])


# ---------------------------------------------------------------- cases

T0 = 1700000000
HOST = "api.example.test"
ORIGINS = ["https://" + HOST]
LONG_ID = ("Aa0-_.~z" * 16)


def test_key(label):
    return encode_key(hashlib.sha256(("lacre1 test key " + label).encode("ascii")).digest())


def record(label, algorithm="sha256", state="active", **times):
    key = encode_key(bytes(range(32))) if label == "demo" else test_key(label)
    return dict({"apiKey": key, "algorithm": algorithm, "state": state}, **times)


APPS = {
    "demo": [record("demo")],
    "demo1": [record("demo1")],
    "demo-sha384": [record("demo-sha384", "sha384")],
    "demo-sha512": [record("demo-sha512", "sha512")],
    "Az09-_.~": [record("punctuation")],
    LONG_ID: [record("long", "sha512")],
    "a": [record("short")],
    "bounded": [record("bounded", notBefore=1690000000, expiresAt=1800000000)],
    "rotating": [record("rotating-new"), record("rotating-old", state="accept-only", expiresAt=T0 + 3600)],
    "two-keys": [record("two-keys-1"), record("two-keys-2")],
    "two-algorithms": [record("two-algorithms-256"), record("two-algorithms-512", "sha512")],
    "half-revoked": [record("half-revoked-old", state="revoked"), record("half-revoked-new")],
    "revoked": [record("revoked", state="revoked")],
    "early": [record("early", notBefore=T0 + 60)],
    "at-start": [record("at-start", notBefore=T0)],
    "expired": [record("expired", expiresAt=T0 - 60)],
    "at-end": [record("at-end", expiresAt=T0)],
    "empty-ring": [],
    # More than two keys, of which no more than two of one algorithm are live at once.
    "ring-of-four": [record("ring-revoked", state="revoked"), record("ring-expired", expiresAt=T0 - 60),
                     record("ring-third", notBefore=T0 - 60), record("ring-fourth", state="accept-only")],
    "two-of-each": [record("each-256-1"), record("each-512-1", "sha512"), record("each-256-2"),
                    record("each-512-2", "sha512")],
    "three-in-turn": [record("turn-1", expiresAt=T0), record("turn-2"), record("turn-3", notBefore=T0)],
}
CASES = []
RESPONSES = []


def describe(host, headers, digested, names, origins, macked):
    """The header lines, the list sent, the list MACed, and the (name, value) pairs MACed."""
    fields = ([["Host", host]] if host is not None else []) + [[n, v] for n, v in headers]
    if digested:
        fields.append(["Content-Digest", digest_field(digested)])
    if names is None:
        names = sorted(set(n.lower() for n, _ in fields if not is_forbidden(n.lower()) and "_" not in n))
    list_text = names if isinstance(names, str) else ";".join(names)

    values = {}
    for n, v in fields:
        values.setdefault(n.lower(), trim(v))
    if host is not None:
        values["host"] = match_host(host, origins) or trim(host).lower()
    values.update(macked.get("values", {}))
    if "host" in macked:
        values["host"] = macked["host"]
    mac_list = macked.get("names", list_text)
    return fields, list_text, mac_list, [(n, values.get(n, "")) for n in mac_list.split(";") if n]


def case(name, refusal, about, app="demo", key=None, alg=None, timestamp=T0, nonce=None, method="GET",
         target="/v1/items", headers=(), host=HOST, body=b"", digest=True, names=None, now=T0, origins=None,
         route=(), macked=None, text=None, mac=None, signature=None, auth=None, lines=None, sent=None):
    """Add one case.

    macked: what the sender MACs in place of what it sends (app, timestamp, nonce, method, target, host,
            names, values). text, mac, signature, auth, lines: change the canonical text, the MAC's making,
            the signature sent, the Authorization value, the header lines sent. sent: method, target, body
            that arrive in place of those signed.
    """
    origins = ORIGINS if origins is None else origins
    macked, sent = macked or {}, sent or {}
    ring = APPS.get(app) or APPS["demo"]
    key_record = ring[0] if key is None else ring[key]
    raw = decode_key(key_record["apiKey"])
    algorithm = key_record["algorithm"] if alg is None else alg
    first = FIRST_LINE[algorithm]
    timestamp = str(timestamp)
    if nonce is None:
        nonce = base64.urlsafe_b64encode(hashlib.sha256(name.encode("ascii")).digest()[:15]).decode("ascii")

    fields, list_text, mac_list, pairs = describe(host, headers, body if digest else b"", names, origins, macked)
    canonical = canonical_text(
        macked.get("first", first), macked.get("app", app), str(macked.get("timestamp", timestamp)),
        macked.get("nonce", nonce), macked.get("method", method), macked.get("target", target), pairs, mac_list)
    if text is not None:
        canonical = text(canonical)
    made = mac_hex(raw, algorithm, canonical) if mac is None else mac(raw, canonical)
    shown = made if signature is None else signature(made)
    authorization = format_authorization(first, app, timestamp, nonce, list_text, shown)
    if auth is not None:
        authorization = auth(authorization)

    sent_lines = list(fields)
    sent_lines.insert(1 if host is not None else 0, ["Authorization", authorization])
    if lines is not None:
        sent_lines = lines(sent_lines)
    request = {"method": sent.get("method", method), "target": sent.get("target", target), "headers": sent_lines,
               "content": base64.b64encode(sent.get("body", body)).decode("ascii")}

    if refusal is None:
        # A valid case must be what the public signer makes.
        scheme = [o.partition("://")[0] for o in origins if match_host(host, [o])][0]
        signed = sign(app, raw, method, target, fields, body, timestamp, nonce, first, scheme, list_text.split(";"))
        assert (signed["canonicalRequest"], signed["mac"]) == (canonical, made), name
    CASES.append({
        "name": name, "valid": refusal is None, "about": about, "now": now, "origins": origins,
        "signedHeaders": list(route), "presignedSeconds": 0, "request": request, "canonicalRequest": canonical,
        "mac": made, "authorization": authorization, "refusal": refusal})


def presigned(name, refusal, about, app="demo", key=None, alg=None, timestamp=T0, expires=600, nonce=None,
              method="GET", target="/v1/report?id=7", headers=(), host=HOST, body=b"", names=None, now=T0,
              route=(), seconds=3600, macked=None, text=None, mac=None, signature=None, block=None, url=None,
              lines=None, sent=None):
    """Add one case of a presigned URL; its name gets the beginning `presigned-`.

    block: changes the list of the parameters before Lacre-Signature, and the sender MACs the target with them
    as they are. url: changes the finished target, which the sender did not MAC so. macked, text, mac,
    signature, lines, sent: as in `case`.
    """
    name, macked, sent = "presigned-" + name, macked or {}, sent or {}
    key_record = (APPS.get(app) or APPS["demo"])[key or 0]
    raw = decode_key(key_record["apiKey"])
    algorithm = key_record["algorithm"] if alg is None else alg
    fields, list_text, mac_list, pairs = describe(host, headers, b"", names, ORIGINS, macked)

    values = (FIRST_LINE[algorithm] + PRESIGNED, app, str(timestamp), str(expires), nonce, list_text)
    items = ["%s=%s" % pair for pair in zip(QUERY_PARAMS, values) if pair[1] is not None]
    if block is not None:
        items = block(items)
    signed_target = target + ("&" if "?" in target else "?") + "&".join(items)
    canonical = canonical_text(
        macked.get("first", values[0]), macked.get("app", app), str(macked.get("timestamp", timestamp)),
        macked.get("nonce", nonce or ""), macked.get("method", method), macked.get("target", signed_target), pairs,
        mac_list)
    if text is not None:
        canonical = text(canonical)
    made = mac_hex(raw, algorithm, canonical) if mac is None else mac(raw, canonical)
    complete = "%s&Lacre-Signature=%s" % (signed_target, made if signature is None else signature(made))
    if url is not None:
        complete = url(complete)

    sent_lines = fields if lines is None else lines(list(fields))
    credentials = [v for n, v in sent_lines if n.lower() == "authorization"]
    if refusal is None:
        # A valid case must be what the public signer makes.
        made_url = presign(app, raw, method, target, fields, expires, timestamp, nonce, FIRST_LINE[algorithm],
                           names=list_text.split(";"))
        assert made_url == {"target": complete, "canonicalRequest": canonical, "mac": made}, name
    CASES.append({
        "name": name, "valid": refusal is None, "about": about, "now": now, "origins": ORIGINS,
        "signedHeaders": list(route), "presignedSeconds": seconds,
        "request": {"method": sent.get("method", method), "target": complete, "headers": sent_lines,
                    "content": base64.b64encode(sent.get("body", body)).decode("ascii")},
        "canonicalRequest": canonical, "mac": made, "authorization": credentials[0] if credentials else None,
        "refusal": refusal})


def answer(name, fault, about, request="get-minimal", alg=None, status=200, headers=(), content=b"", digest=True,
           names=None, timestamp=T0 + 1, macked=None, text=None, mac=None, signature=None, field=None, lines=None,
           sent=None):
    """Add one response to the valid case `request`, whose sender judges it.

    headers, status, content: as the server signs them; the minimum is signed unless `names` says otherwise.
    macked: what the server MACs in place of what it sends (first, app, request, timestamp, status, names,
    values). field: changes the Lacre-Signature value. lines, sent (status, content): what arrives in place of
    that. text, mac, signature: as in `case`.
    """
    macked, sent = macked or {}, sent or {}
    asked = [entry for entry in CASES if entry["name"] == request][0]
    app = re.search("Credential=([^,]*)", asked["authorization"]).group(1)
    key_record = APPS[app][0]
    raw = decode_key(key_record["apiKey"])
    algorithm = key_record["algorithm"] if alg is None else alg
    first = FIRST_LINE[algorithm] + RESPONSE

    fields = [[n, v] for n, v in headers]
    if content and digest:
        fields.append(["Content-Digest", digest_field(content)])
    if names is None:
        names = sorted(set(n.lower() for n, _ in fields if n.lower() in MUST_SIGN_IN_RESPONSE))
    list_text = names if isinstance(names, str) else ";".join(names)
    values = {}
    for n, v in fields:
        values.setdefault(n.lower(), trim(v))
    values.update(macked.get("values", {}))
    mac_list = macked.get("names", list_text)
    canonical = canonical_response(
        macked.get("first", first), macked.get("app", app), macked.get("request", asked["mac"]),
        str(macked.get("timestamp", timestamp)), str(macked.get("status", status)),
        [(n, values.get(n, "")) for n in mac_list.split(";") if n], mac_list)
    if text is not None:
        canonical = text(canonical)
    made = mac_hex(raw, algorithm, canonical) if mac is None else mac(raw, canonical)
    value = format_signature(first, str(timestamp), list_text, made if signature is None else signature(made))
    if field is not None:
        value = field(value)

    sent_lines = fields + [["Lacre-Signature", value]]
    if lines is not None:
        sent_lines = lines(sent_lines)
    shown = [v for n, v in sent_lines if n.lower() == "lacre-signature"]
    if fault is None:
        # A valid case must be what the public signer makes.
        signed = sign_response(app, raw, asked["mac"], status, fields, content, timestamp, FIRST_LINE[algorithm],
                               asked["request"]["method"], list_text.split(";") if list_text else [])
        assert (signed["canonicalResponse"], signed["mac"]) == (canonical, made), name
    RESPONSES.append({
        "name": name, "valid": fault is None, "about": about, "fault": fault, "appId": app,
        "algorithm": key_record["algorithm"], "apiKey": key_record["apiKey"], "requestSignature": asked["mac"],
        "requestMethod": asked["request"]["method"],
        "response": {"status": sent.get("status", status), "headers": sent_lines,
                     "content": base64.b64encode(sent.get("content", content)).decode("ascii")},
        "canonicalResponse": canonical if shown else None, "mac": made if shown else None,
        "lacreSignature": shown[0] if shown else None})


def without_authorization(lines):
    return [line for line in lines if line[0] != "Authorization"]


def plus(*extra):
    return lambda lines: lines + [list(e) for e in extra]


def swap(old, new, count=1):
    def change(value):
        assert old in value, (old, value)
        return value.replace(old, new, count)
    return change


def drop_param(name):
    def change(value):
        head, _, rest = value.partition(" ")
        return head + " " + ", ".join(p for p in rest.split(", ") if not p.startswith(name + "="))
    return change


def set_param(name, content):
    return lambda value: re.sub(name + "=[^,]*", lambda _: name + "=" + content, value)


def reorder(order, separator=", "):
    def change(value):
        head, _, rest = value.partition(" ")
        items = rest.split(", ")
        return head + " " + separator.join(items[i] for i in order)
    return change


def valid_cases():
    json_header = ("Content-Type", "application/json")
    case("worked-example", None, "The worked example of the specification.", method="POST",
         target="/v1/items?tag=a%20b", nonce="c2FtcGxlLW5vbmNlLTAx", headers=[json_header], body=b'{"n":1}')
    case("get-minimal", None, "Nothing but host is signed: the smallest request there is.")
    case("target-root", None, "The shortest target.", target="/")
    case("algorithm-sha384", None, "HMAC-SHA384 with a MAC of 96 characters.", app="demo-sha384", method="PUT",
         headers=[json_header], body=b'{"n":2}')
    case("algorithm-sha512", None, "HMAC-SHA512 with a MAC of 128 characters.", app="demo-sha512", method="PATCH",
         headers=[json_header], body=b'{"n":3}')
    for name, target, about in (
            ("escaped-slash", "/v1/a%2Fb", "%2F stays %2F."),
            ("escape-case", "/v1/a%2fb%41", "Escapes in lower case, and of an unreserved character, stay as they are."),
            ("double-slash", "//v1//items/", "Empty path segments stay; a leading // is a path, not an authority."),
            ("dot-segments", "/v1/./x/../items/.", "Dot segments are not removed."),
            ("empty-query", "/v1/items?", "A bare ? is part of the target."),
            ("repeated-keys", "/v1/items?b=2&a=1&b=1&a", "Keys are neither sorted nor merged; a key without = gets none."),
            ("plus", "/v1/items?q=a+b", "+ stays +."),
            ("percent-20", "/v1/items?q=a%20b", "%20 stays %20."),
            ("bad-escape", "/v1/%zz?q=%&r=%2", "% is a byte like any other; nothing is decoded."),
            ("double-escape", "/v1/%252e%2500", "An escaped escape is not decoded, not even once."),
            ("second-question-mark", "/v1/items?a=?b?&&=&", "Only bytes: more question marks and empty parameters stay."),
            ("punctuation", "/!\"$&'()*+,-.:;<=>?@[\\]^_`{|}~", "Every allowed byte that is no letter and no digit."),
            ("lacre-in-value", "/lacre-x?a=Lacre-Signature&xlacre-b=1&lacre=2&&a&=lacre-",
             "lacre- counts only at the start of a parameter's name."),
            ("lacre-cut", "/v1/items?lacre&lacre%2&lacre%&lacre%2/=1", "No hyphen ends these names."),
            ("lacre-twice-escaped", "/v1/items?lacre%252d=1", "A name is decoded once.")):
        case("target-" + name, None, about, target=target)
    case("target-longest", None, "A target of exactly 8192 bytes.", target="/" + "a" * 8191)

    case("header-empty-value", None, "An empty value leaves the name and the colon.", headers=[("X-Tenant", "")])
    case("header-only-blanks", None, "A value of blanks alone is the empty value.", headers=[("X-Tenant", " \t ")])
    case("header-inner-spaces", None, "Spaces inside a value are kept.", headers=[("X-Tenant", "a  b   c")])
    case("header-blanks-trimmed", None, "Spaces and tabs at the ends of a value are not signed.",
         headers=[("X-Tenant", " \t acme\t \t")])
    case("header-punctuation", None, "Colons, commas, quotes and backslashes in a value are kept as they are.",
         headers=[("X-Tenant", "a:b, \"c\\\", ;d=~!")])
    case("header-case", None, "Names are compared without case, values with it.",
         headers=[("x-TENANT", "AcMe"), ("CONTENT-TYPE", "Text/Plain")])
    case("header-name-longest", None, "A signed name of 64 characters.", headers=[("x" + "-a" * 31 + "9", "1")])
    case("header-double-hyphen", None, "Digits and hyphens may stand anywhere after the first letter.",
         headers=[("x--9-", "1"), ("x", "2")])
    case("header-sorted-by-byte", None, "The list is sorted by byte: a hyphen before a digit before a letter.",
         headers=[("x-ab", "1"), ("x-a-b", "2"), ("x-a", "3"), ("x-a0", "4")])
    case("kebab-case-unique", None, "A header that the route's policy demands, signed.", method="POST",
         headers=[("X-Tenant", "acme")], route=["x-tenant"])
    case("must-sign-all", None, "All the headers that must be signed when present, signed.", method="POST",
         body=b"\x00\x01", headers=[
             ("Content-Type", "application/octet-stream"), ("Content-Encoding", "gzip"), ("Content-Language", "pt"),
             ("Content-Range", "bytes 0-1/2"), ("Idempotency-Key", "k-1"), ("X-HTTP-Method", "PUT"),
             ("X-HTTP-Method-Override", "PUT"), ("X-Method-Override", "PUT")])
    case("header-unsigned-anything", None,
         "A header outside the list, and outside the minimum, may be repeated, have an underscore twin and any bytes.",
         names=["host"], headers=[("X-Note", "a"), ("X-Note", "b"), ("X_Note", "c"), ("X-Name", "caf\xe9 \xc3\xa9"),
                                  ("Cookie", "a=b"), ("Connection", "keep-alive"), ("X-A.b", "1")])
    case("forwarded-host-ignored", None, "Forwarded headers from a peer that is not trusted change nothing.",
         headers=[("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Proto", "http"), ("Forwarded", "host=evil.test")])

    v6 = "https://[2001:db8::1]"
    case("host-ipv6", None, "An IPv6 host keeps its brackets and is signed in lower case.", host="[2001:DB8::1]:8443",
         origins=[v6 + ":8443"])
    case("host-ipv6-default-port", None, "The default port after brackets is not signed.", host="[2001:db8::1]:443",
         origins=[v6])
    case("host-upper-case", None, "The host is signed in lower case.", host="API.Example.TEST")
    case("host-blanks", None, "Blanks round the host are not signed.", host="\t" + HOST + " ")
    case("host-port-443", None, "Under an https origin :443 is not signed.", host=HOST + ":443")
    case("host-port-80", None, "Under an http origin :80 is not signed.", host=HOST + ":80", origins=["http://" + HOST])
    case("host-http", None, "An http origin.", origins=["http://" + HOST])
    case("host-other-port", None, "A port that is not the scheme's default is signed.", host=HOST + ":8443",
         origins=["https://%s:8443" % HOST])
    case("host-http-443", None, "443 is not the default port of http, so an http origin with it signs it.",
         host=HOST + ":443", origins=["http://%s:443" % HOST])
    case("host-second-origin", None, "The host may be any of the origins.", host="b.example.test",
         origins=["https://a.example.test", "https://b.example.test"])

    case("method-head", None, "HEAD is signed as HEAD.", method="HEAD")
    case("method-options", None, "OPTIONS is a method like the others.", method="OPTIONS")
    case("method-delete-content", None, "Content on DELETE is signed like any other.", method="DELETE", body=b"x")
    case("method-hyphen", None, "A method may hold a hyphen.", method="M-SEARCH")
    case("method-longest", None, "A method of 32 characters.", method="A" * 32)
    case("method-get-content", None, "Content on GET is accepted when it is signed.", body=b"x")

    case("digest-of-nothing", None, "A signed digest of zero bytes.", method="POST",
         headers=[("Content-Digest", digest_field(b""))])
    case("digest-sha512", None, "A sha-512 digest, whatever the MAC's algorithm.", method="POST", body=b'{"n":1}',
         digest=False, headers=[("Content-Digest", digest_field(b'{"n":1}', "sha-512"))])
    case("digest-sha512-of-nothing", None, "A sha-512 digest of zero bytes.", method="POST",
         headers=[("Content-Digest", digest_field(b"", "sha-512"))])
    case("content-every-byte", None, "Content is bytes, not text.", method="POST", body=bytes(range(256)))
    case("content-chunked", None, "chunked is the one transfer coding; the digest is of the content after it.",
         method="POST", body=b"abc", headers=[("Transfer-Encoding", "chunked")])
    case("content-chunked-spelling", None, "The name of the transfer coding is compared without case and blanks.",
         method="POST", body=b"abc", headers=[("Transfer-Encoding", " Chunked\t")])
    case("content-none", None, "POST without content needs no digest.", method="POST",
         headers=[("Content-Length", "0")])

    case("params-reversed", None, "The parameters come in any order.", auth=reorder([4, 3, 2, 1, 0]))
    case("params-no-spaces", None, "The space after a comma may be absent.", auth=reorder([0, 1, 2, 3, 4], ","))
    case("params-mixed-spaces", None, "Each comma has its space or has none.", auth=swap(", Nonce", ",Nonce"))
    case("params-blanks-round-value", None, "Blanks round the whole field value are no part of it.",
         lines=lambda lines: [[n, " %s\t" % v if n == "Authorization" else v] for n, v in lines])
    case("nonce-16", None, "The shortest nonce.", nonce="AZaz09-_AZaz09-_")
    case("nonce-128", None, "The longest nonce.", nonce="AZaz09-_" * 16)
    case("nonce-uuid", None, "A UUID as nonce.", nonce="3f2b8c1e-9d47-4c55-8a10-6f0e1d2c3b4a")
    case("app-id-1", None, "The shortest app id.", app="a")
    case("app-id-128", None, "The longest app id.", app=LONG_ID)
    case("app-id-punctuation", None, "Every kind of character of an app id.", app="Az09-_.~")
    many = [("x-%02d" % i, str(i)) for i in range(31)]
    case("signed-32", None, "32 signed names are the most.", headers=many)
    long_names = [("x-%02d-" % i + "a" * 59, "") for i in range(31)]
    case("authorization-longest", None,
         "App id, nonce and MAC as long as they can be, and 31 names of 64 characters beside host: 2491 bytes.",
         app=LONG_ID, nonce="n" * 128, headers=long_names)
    case("timestamp-oldest", None, "The last second of the window.", now=T0 + MAX_AGE)
    case("timestamp-newest", None, "The first second of the window.", now=T0 - FUTURE_SKEW)

    case("key-accept-only", None, "A key that is accept-only still verifies.", app="rotating", key=1)
    case("key-rotated", None, "The new key of a ring that has an accept-only one.", app="rotating", key=0)
    case("key-second", None, "Both active keys of a ring verify.", app="two-keys", key=1)
    case("key-beside-revoked", None, "A revoked key in the ring does not stop the live one.", app="half-revoked", key=1)
    case("key-of-second-algorithm", None, "The header's algorithm chooses among the ring's keys.",
         app="two-algorithms", key=1)
    case("key-third", None, "Keys that are dead do not count among the two that are tried.", app="ring-of-four", key=2)
    case("key-fourth", None, "Keys that are dead do not count among the two that are tried.", app="ring-of-four", key=3)
    case("key-third-of-other-algorithm", None, "Keys of another algorithm do not count among the two that are tried.",
         app="two-of-each", key=2)
    case("key-fourth-of-other-algorithm", None, "Keys of another algorithm do not count among the two that are tried.",
         app="two-of-each", key=3)
    case("key-third-in-turn", None, "The key that begins as the first one ends.", app="three-in-turn", key=2)
    case("key-bounded", None, "A key inside its notBefore and expiresAt.", app="bounded")
    case("key-first-second", None, "notBefore is the first second in which the key is live.", app="at-start")
    case("key-last-second", None, "The second before expiresAt is the last in which the key is live.", app="at-end",
         timestamp=T0 - 1, now=T0 - 1)


def credential_cases():
    missing, malformed = "credentials-missing", "credentials-malformed"
    case("no-authorization", missing, "A request without credentials reaches the handler.",
         lines=without_authorization)
    case("authorization-empty", missing, "An empty value crashes the parser or passes.", auth=lambda v: "")
    case("authorization-basic", missing, "Another scheme is taken for ours.", auth=lambda v: "Basic ZGVtbzpkZW1v")
    case("authorization-twice", "credentials-repeated", "The platform shows the first line only and hides the second.",
         lines=lambda lines: lines + [lines[1]])
    case("authorization-twice-other", "credentials-repeated", "The first of two lines is valid, the second is not ours.",
         lines=plus(["Authorization", "Bearer x"]))
    case("authorization-twice-bad-first", "credentials-repeated", "The last of two lines is valid, the first is not ours.",
         lines=lambda lines: [["authorization", "Bearer x"]] + lines)
    for name, target in (("", "/v1/items?Lacre-Signature=00"), ("-lower", "/v1/items?a=1&lacre-x"),
                         ("-escaped", "/v1/items?%4Cacre%2dNonce=1"), ("-after-empty", "/v1/items?&LACRE-=1"),
                         ("-escape-at-end", "/v1/items?lacre%2d"), ("-escape-at-end-upper", "/v1/items?a&lacre%2D"),
                         ("-escape-before-equals", "/v1/items?lacre%2d=1"),
                         ("-all-escaped", "/v1/items?%4c%41%63%72%65%2D")):
        case("lacre-parameter" + name, "credentials-repeated",
             "Presigned and header credentials in one request: two parts of a system may judge different ones.",
             target=target)

    case("scheme-only", malformed, "The algorithm without parameters crashes the parser.",
         auth=lambda v: v.partition(" ")[0])
    case("scheme-lower-case", malformed, "The algorithm is compared without case.", auth=swap("LACRE1-HMAC", "lacre1-hmac"))
    case("algorithm-unknown", malformed, "An algorithm outside the list is passed to the crypto library.",
         macked={"first": "LACRE1-HMAC-SHA1"}, mac=lambda k, t: mac_hex(k, "sha1", t), auth=swap("SHA256", "SHA1"))
    case("algorithm-none", malformed, "An algorithm 'none' needs no MAC.", auth=swap("HMAC-SHA256", "NONE"))
    case("algorithm-response", malformed, "The response's algorithm name is taken for a request's.",
         macked={"first": "LACRE1-HMAC-SHA256-RESPONSE"}, auth=swap("SHA256", "SHA256-RESPONSE"))
    case("algorithm-presigned", malformed, "The presigned URL's algorithm name is taken in a header.",
         macked={"first": "LACRE1-HMAC-SHA256-PRESIGNED"}, auth=swap("SHA256", "SHA256-PRESIGNED"))
    case("tab-after-scheme", malformed, "Any white space is taken for the one space.", auth=swap("SHA256 ", "SHA256\t"))
    case("two-spaces-after-scheme", malformed, "Runs of spaces are folded.", auth=swap("SHA256 ", "SHA256  "))
    case("two-spaces-after-comma", malformed, "Runs of spaces are folded after a comma.", auth=swap(", ", ",  "))
    case("tab-after-comma", malformed, "A tab is taken for the space after a comma.", auth=swap(", ", ",\t"))
    case("space-before-comma", malformed, "A parameter's end is trimmed.", auth=swap(", ", " , "))
    case("space-before-equals", malformed, "A parameter's name is trimmed.", auth=swap("Nonce=", "Nonce ="))
    case("space-after-equals", malformed, "A parameter's value is trimmed.", auth=swap("Nonce=", "Nonce= "))
    case("semicolon-for-comma", malformed, "Another separator is accepted.", auth=swap(", Nonce", "; Nonce"))
    case("trailing-comma", malformed, "An empty last element is skipped.", auth=lambda v: v + ",")
    case("leading-comma", malformed, "An empty first element is skipped.", auth=swap("SHA256 ", "SHA256 ,"))
    case("double-comma", malformed, "An empty element in the middle is skipped.", auth=swap(", Nonce", ",, Nonce"))
    case("param-without-equals", malformed, "A bare word is skipped or crashes the parser.", auth=swap(", Nonce", ", x, Nonce"))
    case("param-unknown", malformed, "A sixth parameter is ignored.", auth=lambda v: v + ", Extra=1")
    case("param-proto", malformed, "The name __proto__ changes the parser's own object.", auth=lambda v: v + ", __proto__=1")
    case("param-lower-case", malformed, "Parameter names are compared without case.", auth=swap("Nonce=", "nonce="))
    for param in PARAMS:
        case("param-missing-" + param.lower(), malformed, "A missing parameter reads as undefined.", auth=drop_param(param))
    for param, code in (("Credential", "app-id-malformed"), ("Timestamp", "timestamp-malformed"),
                        ("Nonce", "nonce-malformed"), ("Signature", "signature-malformed")):
        case("param-empty-" + param.lower(), code, "An empty parameter passes.", auth=set_param(param, ""))
    case("param-duplicate", malformed, "The last of two different values wins.",
         auth=lambda v: v + ", Nonce=ZZZZZZZZZZZZZZZZZZZZ")
    case("param-duplicate-first", malformed, "The first of two different values wins.",
         auth=swap("Credential=demo", "Credential=demo1, Credential=demo"))
    case("param-duplicate-same", malformed, "The same value twice is taken for one.",
         auth=lambda v: v + ", Credential=demo")
    case("param-quoted", malformed, "Quoted values are unquoted.", auth=swap("Credential=demo", 'Credential="demo"'))
    case("param-quoted-signature", malformed, "A quoted signature is unquoted.",
         auth=lambda v: re.sub("Signature=(.*)", r'Signature="\1"', v))
    long_id = lambda n: (lambda v: v.replace("Credential=demo", "Credential=" + "d" * (n - len(v) + 4)))
    case("authorization-4096", "app-id-malformed",
         "4096 bytes are within the limit: the app id is what is wrong here (no right header is that long).",
         auth=long_id(4096))
    case("authorization-4097", malformed, "The length is not limited, or limited one byte too late.", auth=long_id(4097))
    case("authorization-5000", malformed, "Megabytes of header are parsed before anything is refused.", auth=long_id(5000))


def value_cases():
    for name, app, about in (
            ("too-long", "d" * 129, "The length of the app id is not limited."),
            ("at-sign", "demo@x", "Characters outside the alphabet pass."),
            ("percent", "de%6Do", "The app id is decoded."),
            ("star", "*", "A wildcard reaches the key look-up."),
            ("key", encode_key(bytes(range(32))), "A key in the place of the app id is looked up, and stands in the log."),
            ("key-prefix", "lk1_", "What begins as keys do is taken."),
            ("non-ascii", "dem\xc3\xb6", "Letters outside ASCII pass."),
            ("equals", "=demo", "The value is split at the last = sign.")):
        case("app-id-" + name, "app-id-malformed", about, app=app)
    for name, ts, about in (
            ("milliseconds", str(T0 * 1000), "Milliseconds are guessed from the size."),
            ("leading-zero", "0" + str(T0), "A leading zero passes: two texts for one time."),
            ("ten-with-zero", "0999999999", "Ten digits that begin with zero pass."),
            ("plus-sign", "+" + str(T0), "A number parser takes the sign."),
            ("negative", "-" + str(T0), "A number parser takes the sign."),
            ("fraction", str(T0) + ".5", "A number parser takes the fraction."),
            ("fraction-short", "1700000.00", "Ten characters that are not all digits."),
            ("exponent", "1.7e9", "A number parser takes the exponent."),
            ("hexadecimal", "0x6553F100", "A number parser takes hexadecimal, ten characters long."),
            ("underscore", "1_70000000", "A number parser takes the underscore."),
            ("nan", "NaN", "No comparison with NaN is true, so the window lets it through."),
            ("nine-digits", "999999999", "Fewer digits pass."),
            ("fullwidth-digits", "".join(chr(0xFF10 + int(c)) for c in str(T0)).encode("utf-8").decode("latin-1"),
             "Digits outside ASCII match the pattern."),
            ("arabic-digits", "".join(chr(0x660 + int(c)) for c in str(T0)).encode("utf-8").decode("latin-1"),
             "Digits outside ASCII match the pattern."),
            ("trailing-letters", str(T0) + "abc", "The pattern has no end anchor.")):
        case("timestamp-" + name, "timestamp-malformed", about, timestamp=ts)
    for name, nonce, about in (
            ("15", "AZaz09-_AZaz09-", "A nonce one character too short passes."),
            ("129", "n" * 129, "A nonce one character too long passes."),
            ("dot", "c2FtcGxlLW5vbmNl.TAx", "A character outside the alphabet passes."),
            ("base64", "c2FtcGxlLW5vbmNl+/Ax", "Plain base64 passes for base64url."),
            ("padding", "c2FtcGxlLW5vbmNlLTA=", "Base64 padding passes."),
            ("star", "****************", "A wildcard reaches the nonce store."),
            ("non-ascii", "c2FtcGxlLW5vbmNl\xc3\xa9", "Letters outside ASCII pass.")):
        case("nonce-" + name, "nonce-malformed", about, nonce=nonce)

    bad = "signed-headers-malformed"
    two = [("X-A", "1"), ("X-B", "2")]
    for name, names, about in (
            ("unsorted", "host;x-b;x-a", "The order of the list is not checked."),
            ("duplicate", "host;host;x-a;x-b", "A name twice in the list passes."),
            ("upper-case", "X-A;host;x-b", "An upper-case name passes."),
            ("empty", "", "An empty list is taken for nothing to check."),
            ("empty-entry", "host;;x-a;x-b", "An empty entry is skipped."),
            ("trailing-semicolon", "host;x-a;x-b;", "An empty last entry is skipped."),
            ("leading-semicolon", ";host;x-a;x-b", "An empty first entry is skipped."),
            ("pseudo-header", ":authority;host", "A pseudo-header passes for a name."),
            ("derived-component", "@method;host", "A derived component of another standard passes for a name."),
            ("digit-first", "1x;host", "A name that begins with a digit passes."),
            ("hyphen-first", "-x;host", "A name that begins with a hyphen passes."),
            ("proto", "__proto__;host", "The name __proto__ reads the prototype."),
            ("non-ascii", "host;x-\xc3\xa9", "A letter outside ASCII passes.")):
        case("list-" + name, bad, about, headers=two, names=names)
    case("list-underscore", bad, "A name with _ is signed: another server reads it as -.", headers=[("X_Tenant", "acme")],
         names="host;x_tenant")
    case("list-dot", bad, "A name with . is signed: a proxy drops it.", headers=[("X.Tenant", "acme")],
         names="host;x.tenant")
    case("list-33", bad, "The number of names is not limited.", headers=[("x-%02d" % i, "1") for i in range(32)])
    case("list-name-65", bad, "A name one character too long passes.", headers=[("x" * 65, "1")])
    for name, value in (
            ("authorization", ""), ("connection", "keep-alive"), ("content-length", "0"), ("cookie", "a=b"),
            ("expect", "100-continue"), ("forwarded", "for=192.0.2.1"), ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"), ("proxy-x", "1"), ("te", "trailers"), ("trailer", "x-a"),
            ("transfer-encoding", "chunked"), ("upgrade", "websocket"), ("via", "1.1 p"),
            ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-host", HOST), ("x-forwarded-x", "1")):
        case("forbidden-" + name, "header-forbidden", "A header that proxies change, add or split is signed.",
             headers=[] if name == "authorization" else [(name, value)], names=sorted(["host", name]))

    sig = "signature-malformed"
    case("signature-upper-case", sig, "Hexadecimal is compared without case: two texts for one MAC.", signature=str.upper)
    case("signature-truncated", sig, "A shorter MAC is compared over its own length.", signature=lambda m: m[:32])
    case("signature-one-less", sig, "A MAC of another length crashes the comparison.", signature=lambda m: m[:-1])
    case("signature-extended", sig, "What follows the MAC is ignored.", signature=lambda m: m + "00")
    case("signature-not-hex", sig, "A lenient decoder stops at the first character that is not hexadecimal.",
         signature=lambda m: m[:-2] + "zz")
    case("signature-base64", sig, "Base64 is accepted beside hexadecimal.",
         signature=lambda m: base64.b64encode(bytes.fromhex(m)).decode("ascii"))
    case("signature-wide-characters", sig, "As many characters but more bytes crash the comparison.",
         signature=lambda m: "\xc3\xa9" * 64)
    case("signature-sha512-under-sha256", sig, "The length is not that of the algorithm.",
         mac=lambda k, t: mac_hex(k, "sha512", t))


def request_cases():
    for name, method in (("lower-case", "get"), ("mixed-case", "Get"), ("connect", "CONNECT"), ("trace", "TRACE"),
                         ("underscore", "GET_X"), ("digit", "GET1"), ("empty", ""), ("too-long", "A" * 33)):
        case("method-" + name, "method-refused", "A method outside the grammar, or one that has no meaning here, passes.",
             method=method)
    for name, target, about in (
            ("fragment", "/v1/items#a", "The fragment is signed by one side and cut off by the other."),
            ("absolute-form", "https://evil.test/v1/items", "An absolute target overrides the host."),
            ("asterisk", "*", "The asterisk form has no path."),
            ("space", "/v1/a b", "A space splits the request line."),
            ("non-ascii", "/v1/caf\xc3\xa9", "Raw bytes above 7E are re-encoded on the way."),
            ("control", "/v1/a\x01b", "A control character passes."),
            ("delete", "/v1/a\x7fb", "DEL is not in 21 to 7E."),
            ("no-slash", "v1/items", "A relative target passes."),
            ("query-only", "?a=1", "A target without a path passes."),
            ("empty", "", "An empty target crashes or passes."),
            ("too-long", "/" + "a" * 8192, "The length of the target is not limited, or limited one byte too late.")):
        case("target-" + name, "target-malformed", about, target=target, method="OPTIONS" if target == "*" else "GET")

    unknown = "host-unknown"
    for name, host, about in (
            ("other", "evil.test", "What is signed for another host is accepted here."),
            ("port-80-under-https", HOST + ":80", "Any well-known port is taken off."),
            ("wrong-port", HOST + ":8443", "The port is not compared."),
            ("trailing-dot", HOST + ".", "The trailing dot is taken off."),
            ("empty-port", HOST + ":", "An empty port is taken off."),
            ("port-leading-zero", HOST + ":0443", "The port is compared as a number."),
            ("userinfo", HOST + "@evil.test", "The host is compared by its beginning."),
            ("userinfo-before", "evil.test@" + HOST, "The host is compared by its end, or user information is cut off."),
            ("suffix", HOST + ".evil.test", "The host is compared by its beginning."),
            ("prefix", "x." + HOST, "The host is compared by its end."),
            ("list", HOST + ", evil.test", "A list of hosts is split."),
            ("path", HOST + "/evil", "The host is parsed as a URL."),
            ("url", "https://" + HOST, "The host is parsed as a URL."),
            ("empty", "", "An empty host is taken for the default one."),
            ("non-ascii", HOST + "\xa0", "A trim that knows more than space and tab.")):
        case("host-" + name, unknown, about, host=host)
    case("host-port-443-under-http", unknown, "443 is taken off under http.", host=HOST + ":443",
         origins=["http://" + HOST])
    case("host-ipv6-without-brackets", unknown, "Brackets are optional.", host="2001:db8::1",
         origins=["https://[2001:db8::1]"])
    case("host-double-default-port", unknown, "The default port is taken off again and again.",
         host=HOST + ":443:443")
    case("host-default-port-missing-of-http-443", unknown, "An origin's own port is dropped though it is not the default.",
         origins=["http://%s:443" % HOST])
    case("host-forwarded", unknown, "X-Forwarded-Host from a peer that is not trusted is read.", host="evil.test",
         headers=[("X-Forwarded-Host", HOST)], macked={"host": HOST})
    case("host-missing", "header-missing", "A request without Host passes, or crashes.", host=None, names=["host"],
         macked={"values": {"host": HOST}})
    case("host-twice", "header-repeated", "The first of two hosts is judged, the second is routed.",
         lines=plus(["Host", "evil.test"]))
    case("host-twice-same", "header-repeated", "Two equal lines are taken for one.", lines=plus(["host", HOST]))

    for name, values in (("gzip", ["gzip"]), ("gzip-chunked", ["gzip, chunked"]), ("identity", ["identity"]),
                         ("chunked-twice", ["chunked", "chunked"]), ("chunked-list", ["chunked, chunked"]),
                         ("two-lines", ["gzip", "chunked"]), ("empty", [""])):
        case("transfer-coding-" + name, "transfer-coding-refused",
             "Two readers of the message see different content.", method="POST", body=b"abc",
             headers=[("Transfer-Encoding", v) for v in values])

    tenant = ("X-Tenant", "acme")
    case("signed-absent", "header-missing", "A signed name that is not there counts as empty.", names="host;x-tenant")
    case("signed-removed", "header-missing", "A proxy removed a signed header.", headers=[tenant],
         lines=lambda lines: [l for l in lines if l[0] != "X-Tenant"])
    case("signed-digest-absent", "header-missing", "content-digest is signed, but it is not there.", method="POST",
         names="content-digest;host")
    case("signed-twice", "header-repeated", "The first of two lines is signed, the handler reads the second.",
         headers=[tenant], lines=plus(["X-Tenant", "evil"]))
    case("signed-twice-before", "header-repeated", "The last of two lines is signed, the handler reads the first.",
         headers=[tenant], lines=lambda lines: [["x-tenant", "evil"]] + lines)
    case("signed-twice-same", "header-repeated", "Two equal lines are taken for one.", headers=[tenant],
         lines=plus(tenant))
    case("signed-twice-joined", "header-repeated", "Two lines are joined with a comma and signed as one.",
         headers=[("X-Tenant", "a"), ("X-Tenant", "b")], macked={"values": {"x-tenant": "a, b"}})
    case("signed-twin", "header-ambiguous", "x_tenant and x-tenant are one variable for CGI and WSGI.",
         headers=[tenant], lines=plus(["X_Tenant", "evil"]))
    case("signed-twin-alone", "header-ambiguous", "x_tenant stands in for the signed x-tenant.",
         headers=[("X_Tenant", "acme")], names="host;x-tenant", macked={"values": {"x-tenant": "acme"}})
    case("signed-twin-half", "header-ambiguous", "Only one of the hyphens is an underscore.",
         headers=[("X-Tenant-Id", "acme")], lines=plus(["x-tenant_id", "evil"]))
    for name, value, about in (
            ("latin1", "caf\xe9", "One byte above 7E."), ("utf8", "caf\xc3\xa9", "A letter in UTF-8."),
            ("tab", "a\tb", "A tab inside."), ("control", "a\x01b", "A control character."),
            ("delete", "a\x7fb", "DEL."), ("nbsp-end", "acme\xa0", "A trim takes off more than space and tab."),
            ("form-feed-end", "acme\x0c", "A trim takes off more than space and tab."),
            ("nel-start", "\x85acme", "A trim takes off more than space and tab.")):
        case("value-" + name, "header-malformed", about + " Libraries do not agree on what is sent.",
             headers=[("X-Tenant", value)])

    for name, value in (
            ("content-type", "application/json"), ("content-encoding", "gzip"), ("content-language", "pt"),
            ("content-range", "bytes 0-1/2"), ("idempotency-key", "k-1"), ("x-http-method", "DELETE"),
            ("x-http-method-override", "DELETE"), ("x-method-override", "DELETE")):
        case("unsigned-" + name, "header-unsigned", "The client decides what is signed: this header is added on the way.",
             method="POST", headers=[(name, value)], names=["host"])
    case("unsigned-digest", "header-unsigned", "A digest that nobody signed is believed.", method="POST", body=b"abc",
         names=["host"])
    case("unsigned-digest-of-nothing", "header-unsigned", "An unsigned digest passes because there is no content.",
         method="POST", headers=[("Content-Digest", digest_field(b""))], names=["host"])
    case("unsigned-host", "header-unsigned", "A request signed for nobody in particular is accepted by everybody.",
         headers=[tenant], names=["x-tenant"])
    case("must-sign-twice-unsigned", "header-repeated", "An unsigned header on two lines: which one is judged?",
         method="POST", headers=[("Content-Type", "text/plain"), ("Content-Type", "text/html")], names=["host"])
    case("must-sign-twice", "header-repeated", "The platform keeps the first Content-Type and hides the second.",
         method="POST", headers=[("Content-Type", "text/plain")], lines=plus(["Content-Type", "text/html"]))
    case("must-sign-twin", "header-ambiguous", "content_type is read as content-type by what comes after.",
         method="POST", headers=[("Content_Type", "text/html")], names=["host"])
    case("must-sign-twin-of-signed", "header-ambiguous", "A twin of a header that is signed.", method="POST",
         headers=[("Idempotency-Key", "k-1")], lines=plus(["Idempotency_Key", "k-2"]))
    case("must-sign-twin-of-digest", "header-ambiguous", "A twin of content-digest.", method="POST",
         headers=[("Content_Digest", digest_field(b""))], names=["host"])


def order_cases():
    """Requests that break two rules: the first in the order of section 9 names the refusal."""
    wrong = "The checks have another order."
    for name, first, second, changes in (
            ("method-target", "method-refused", "target", dict(method="get", target="/#")),
            ("target-host", "target-malformed", "host", dict(target="/#", host="evil.test")),
            ("host-coding", "host-unknown", "transfer coding",
             dict(method="POST", host="evil.test", headers=[("Transfer-Encoding", "gzip")])),
            ("coding-credentials", "transfer-coding-refused", "credentials",
             dict(method="POST", headers=[("Transfer-Encoding", "gzip")], auth=lambda v: "x"))):
        case("order-" + name, first, "The %s is judged first." % second, **changes)

    back = reorder([4, 3, 2, 1, 0])
    for name, code, changes in (
            ("app-id-timestamp", "app-id-malformed", dict(app="*", timestamp="0")),
            ("timestamp-nonce", "timestamp-malformed", dict(timestamp="0", nonce="n")),
            ("nonce-list", "nonce-malformed", dict(nonce="n", names="X-A")),
            ("list-forbidden", "signed-headers-malformed", dict(names="via;host", headers=[("Via", "1.1 p")])),
            ("list-signature", "signed-headers-malformed", dict(names="X-A", signature=str.upper)),
            ("forbidden-signature", "header-forbidden",
             dict(names="host;via", headers=[("Via", "1.1 p")], signature=str.upper)),
            ("signature-header", "signature-malformed", dict(names="host;x-a", signature=str.upper))):
        case("order-" + name, code, "The values are judged in the order sent, or all at once.", auth=back, **changes)

    a, b = ("X-A", "1"), ("X-B", "2")
    each = "Each name is judged by all four rules before the next one is."
    one = "A twin, absent, on two lines, another byte: that is the order for one name."
    case("order-names-repeated-twin", "header-repeated", each, headers=[a, b], lines=plus(a, ["X_B", "3"]))
    case("order-names-twin-repeated", "header-ambiguous", each, headers=[a, b], lines=plus(["X_A", "3"], b))
    case("order-names-absent-bytes", "header-missing", each, headers=[("X-B", "\xe9")], names="host;x-a;x-b")
    case("order-names-bytes-absent", "header-malformed", each, headers=[("X-A", "\xe9")], names="host;x-a;x-b")
    case("order-names-bytes-twin", "header-malformed", each, headers=[("X-A", "\xe9"), b], lines=plus(["X_B", "3"]))
    case("order-names-absent-twin", "header-missing", each, headers=[b], names="host;x-a;x-b", lines=plus(["X_B", "3"]))
    case("order-names-twin-absent", "header-ambiguous", each, headers=[a], names="host;x-a;x-b",
         lines=plus(["X_A", "3"]))
    case("order-name-twin-absent", "header-ambiguous", one, names="host;x-a", lines=plus(["X_A", "1"]))
    case("order-name-twin-repeated", "header-ambiguous", one, headers=[a], lines=plus(a, ["X_A", "1"]))
    case("order-name-twin-bytes", "header-ambiguous", one, headers=[("X-A", "\xe9")], lines=plus(["X_A", "1"]))
    case("order-name-repeated-bytes", "header-repeated", one, headers=[("X-A", "\xe9")], lines=plus(a))
    case("order-name-twins", "header-ambiguous", "Two twins that are alike are taken for none.", headers=[a],
         lines=plus(["X_A", "1"], ["x_a", "1"]))

    post = dict(method="POST", names=["host"])
    type_twice = [("Content-Type", "text/plain"), ("Content-Type", "text/plain")]
    twin = ("Content_Type", "text/html")
    minimum = "The names of the minimum are judged one after the other, in the order of their bytes."
    case("order-listed-minimum", "header-missing", "The minimum is judged before the list.", method="POST",
         names="host;x-a", headers=type_twice)
    case("order-minimum-name", "header-ambiguous", "Twin before two lines holds for the minimum too.",
         headers=type_twice + [twin], **post)
    case("order-minimum-repeated-twin", "header-repeated", minimum,
         headers=[twin, ("Content-Encoding", "gzip"), ("Content-Encoding", "gzip")], **post)
    case("order-minimum-twin-repeated", "header-ambiguous", minimum,
         headers=type_twice + [("Content_Encoding", "gzip")], **post)
    case("order-minimum-far", "header-ambiguous", minimum,
         headers=[("Idempotency-Key", "1"), ("Idempotency-Key", "1"), twin], **post)
    case("order-minimum-unsigned-repeated", "header-repeated", "One that is not in the list is looked for at the end only.",
         headers=[("Content-Encoding", "gzip")] + type_twice, **post)
    case("order-minimum-unsigned-twin", "header-ambiguous", "One that is not in the list is looked for at the end only.",
         headers=[("Content-Encoding", "gzip"), twin], **post)
    case("order-minimum-host", "header-repeated", "That host is signed is looked at in the end.", method="POST",
         names=["x-a"], headers=[a] + type_twice)
    case("order-minimum-digest", "header-unsigned", "The digest is read before the minimum is judged.", method="POST",
         body=b"abc", digest=False, headers=[("Content-Digest", "md5"), ("Content-Type", "text/plain")],
         names=["content-digest", "host"])
    case("order-digest-absurd", "digest-malformed", wrong, method="POST", body=b"abc", digest=False,
         headers=[("Content-Digest", "md5")], now=T0 + ABSURD + 1)
    case("order-content-route", "content-mismatch", wrong, method="POST", body=b"abc", sent={"body": b"abd"},
         route=["x-a"])


def digest_cases():
    body = b'{"n":1}'
    right = digest_field(body)
    text = right[len("sha-256=:"):-1]
    sha1 = base64.b64encode(hashlib.sha1(body).digest()).decode("ascii")
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode("ascii")
    last = text[:-2] + chr(ord(text[-2]) + 1) + "="
    for name, value, about in (
            ("two-members", right + ", " + digest_field(body, "sha-512"), "Which of two digests counts is left to chance."),
            ("two-same-members", right + "," + right, "The last of two members wins."),
            ("parameter", right + ";q=1", "A parameter is ignored."),
            ("space-inside", "sha-256 =:" + text + ":", "White space is skipped."),
            ("space-in-base64", "sha-256=: " + text + ":", "White space in base64 is skipped."),
            ("sha1", "sha-1=:" + sha1 + ":", "A broken hash is accepted."),
            ("sha", "sha=:" + sha1 + ":", "A broken hash is accepted under its registered name."),
            ("md5", "md5=:" + md5 + ":", "A broken hash is accepted."),
            ("upper-case-name", "SHA-256=:" + text + ":", "The name is compared without case."),
            ("no-colons", "sha-256=" + text, "The old Digest syntax is accepted."),
            ("no-padding", "sha-256=:" + text[:-1] + ":", "Padding is optional."),
            ("other-last-bits", "sha-256=:" + last + ":", "Bits after the last byte are ignored: two texts for one digest."),
            ("base64url", "sha-256=:" + text.replace("/", "_").replace("+", "-") + ":", "base64url is decoded too."),
            ("not-base64", "sha-256=:" + text[:10] + "!" + text[11:] + ":", "A lenient decoder skips what it does not know."),
            ("too-short", "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()[:16]).decode("ascii") + ":",
             "A truncated digest is compared over its own length."),
            ("sha512-under-sha256", "sha-256=:" + digest_field(body, "sha-512")[9:], "The length is not that of the hash."),
            ("hexadecimal", "sha-256=:" + hashlib.sha256(body).hexdigest() + ":", "Hexadecimal is taken for base64."),
            ("empty-bytes", "sha-256=::", "An empty digest is compared over no bytes."),
            ("empty", "", "An empty field counts as absent.")):
        case("digest-" + name, "digest-malformed", about, method="POST", body=body, digest=False,
             headers=[("Content-Digest", value)])

    post = dict(method="POST", body=body)
    case("content-changed", "content-mismatch", "The digest is not compared with the content.",
         sent={"body": b'{"n":2}'}, **post)
    case("content-appended", "content-mismatch", "The content is compared after parsing, not as bytes.",
         sent={"body": body + b"\n"}, **post)
    case("content-reformatted", "content-mismatch", "The content is serialised again before it is hashed.",
         sent={"body": b'{ "n": 1 }'}, **post)
    case("content-removed", "content-mismatch", "The digest is compared only if there is content.",
         sent={"body": b""}, **post)
    case("content-added-to-empty-digest", "content-mismatch", "A digest of zero bytes is not compared.", method="POST",
         headers=[("Content-Digest", digest_field(b""))], sent={"body": body})
    case("content-changed-sha512", "content-mismatch", "A sha-512 digest is parsed but not compared.", method="POST",
         body=body, digest=False, headers=[("Content-Digest", digest_field(body, "sha-512"))], sent={"body": b'{"n":2}'})
    case("content-added", "content-undigested", "Content is added to a captured request that had none.", method="POST",
         sent={"body": body})
    case("content-added-to-get", "content-undigested", "Content is looked for only on some methods.", sent={"body": b"x"})
    case("content-added-to-delete", "content-undigested", "Content is looked for only on some methods.", method="DELETE",
         sent={"body": b"x"})
    case("content-undigested", "content-undigested", "A signer that leaves the digest out is accepted.", digest=False,
         **post)
    case("content-length-zero", "content-undigested", "Whether there is content is read from Content-Length.",
         method="POST", headers=[("Content-Length", "0")], sent={"body": body})


def mac_cases():
    bad = "signature-mismatch"
    get = dict(headers=[("X-Tenant", "acme")])
    # The sender's text has a boundary elsewhere; joined without separators both texts are the same.
    nonce = "c2FtcGxlLW5vbmNlLTAx"
    case("boundary-app-id-timestamp", bad, "Fields are joined without separators.", nonce=nonce,
         macked={"app": "demo1", "timestamp": "700000000"})
    case("boundary-timestamp-nonce", bad, "Fields are joined without separators.", nonce=nonce,
         macked={"timestamp": "170000000", "nonce": "0" + nonce})
    case("boundary-app-id-to-nonce", bad, "Fields are joined without separators: app id and nonce both stay well-formed.",
         app="demo1", timestamp=1111111111, now=1111111111, nonce=nonce,
         macked={"app": "demo", "nonce": "1" + nonce})
    case("boundary-nonce-method", bad, "Fields are joined without separators.", nonce=nonce, method="POST",
         macked={"nonce": nonce + "P", "method": "OST"})
    case("boundary-nonce-method-reverse", bad, "Fields are joined without separators.", nonce=nonce + "GET",
         method="POST", macked={"nonce": nonce, "method": "GETPOST"})
    case("boundary-method-target", bad, "Fields are joined without separators.", target="/v1/items",
         macked={"method": "GET/v1", "target": "/items"})
    case("boundary-target-header", bad, "Fields are joined without separators.",
         text=swap("/v1/items\nhost:", "/v1/itemsh\nost:"))
    case("boundary-target-query", bad, "Path and query are joined without the question mark.", target="/v1/items?a=1",
         macked={"target": "/v1/itemsa=1"})
    case("boundary-header-name-value", bad, "Name and value are joined without a separator.",
         text=swap("x-tenant:acme", "x-tenanta:cme"), **get)
    case("boundary-headers", bad, "Header lines are joined without separators.", headers=[("X-A", "1"), ("X-B", "2")],
         text=swap("x-a:1\nx-b:2", "x-a:1x-b:\n2"))
    case("boundary-header-list", bad, "The list is joined to the headers without the empty line.",
         text=swap("acme\n\nhost;", "acmehost\n\n;"), **get)

    case("mac-wrong-key", bad, "The MAC is not compared at all.", mac=lambda k, t: mac_hex(bytes(32), "sha256", t))
    case("mac-other-app-key", bad, "Another app's key is accepted.", app="demo",
         mac=lambda k, t: mac_hex(decode_key(APPS["demo1"][0]["apiKey"]), "sha256", t))
    case("mac-key-text", bad, "The key's text is the HMAC key, not the bytes it stands for.",
         mac=lambda k, t: mac_hex(encode_key(k).encode("ascii"), "sha256", t))
    case("mac-key-text-without-prefix", bad, "The key's base64url text is the HMAC key.",
         mac=lambda k, t: mac_hex(encode_key(k)[4:].encode("ascii"), "sha256", t))
    case("mac-key-decoded-with-prefix", bad, "The prefix is decoded as part of the key by a lenient decoder.",
         mac=lambda k, t: mac_hex(base64.urlsafe_b64decode(encode_key(k) + "="), "sha256", t))
    case("mac-empty-key", bad, "An empty key is in use somewhere.", mac=lambda k, t: mac_hex(b"", "sha256", t))
    case("mac-sha512-truncated", bad, "The MAC is made with another hash than the first line says.",
         mac=lambda k, t: mac_hex(k, "sha512", t), signature=lambda m: m[:64])
    case("mac-sha1-padded", bad, "The MAC is made with another hash than the first line says.",
         mac=lambda k, t: mac_hex(k, "sha1", t), signature=lambda m: m + "0" * 24)
    case("mac-plain-hash", bad, "A hash without a key is accepted.",
         mac=lambda k, t: hashlib.sha256(t.encode("latin-1")).hexdigest())
    case("mac-hash-of-key-and-text", bad, "A hash of key and text, which can be extended, is accepted.",
         mac=lambda k, t: hashlib.sha256(k + t.encode("latin-1")).hexdigest())
    case("mac-of-hash", bad, "The canonical request is hashed before the MAC.",
         mac=lambda k, t: mac_hex(k, "sha256", hashlib.sha256(t.encode("latin-1")).hexdigest()))
    case("mac-last-digit", bad, "Only a part of the MAC is compared.",
         signature=lambda m: m[:-1] + ("1" if m[-1] == "0" else "0"))
    case("mac-first-digit", bad, "Only a part of the MAC is compared.",
         signature=lambda m: ("1" if m[0] == "0" else "0") + m[1:])

    case("text-trailing-lf", bad, "The canonical text ends with a line feed.", text=lambda t: t + "\n")
    case("text-crlf", bad, "The lines of the canonical text end with CR LF.", text=lambda t: t.replace("\n", "\r\n"))
    case("text-no-empty-line", bad, "The empty line is left out.", text=swap("\n\n", "\n"), **get)
    case("text-no-list", bad, "The list of names is not in the MAC.", text=lambda t: t.rpartition("\n")[0], **get)
    case("text-space-after-colon", bad, "A space stands between name and value.", text=swap("x-tenant:", "x-tenant: "), **get)
    case("text-list-with-commas", bad, "The list is written with another separator.",
         text=lambda t: t.rpartition("\n")[0] + "\n" + t.rpartition("\n")[2].replace(";", ","), **get)
    case("text-headers-in-sent-order", bad, "The header lines stand in the order sent.",
         text=swap("host:api.example.test\nx-tenant:acme", "x-tenant:acme\nhost:api.example.test"), **get)
    case("text-first-line-missing", bad, "The first line is left out, so that texts of other kinds can be confused.",
         text=lambda t: t.partition("\n")[2])
    case("text-first-line-response", bad, "The first line of a response is used for a request.",
         macked={"first": "LACRE1-HMAC-SHA256-RESPONSE"})
    case("text-sorted-query", bad, "The query is sorted before it is signed.", target="/v1/items?b=2&a=1",
         macked={"target": "/v1/items?a=1&b=2"})
    case("text-decoded-path", bad, "The path is decoded before it is signed.", target="/v1/a%2Fb",
         macked={"target": "/v1/a/b"})
    case("text-decoded-query", bad, "The query is decoded before it is signed.", target="/v1/items?q=a%20b",
         macked={"target": "/v1/items?q=a b"})
    case("text-plus-as-percent-20", bad, "+ and %20 are taken for the same.", target="/v1/items?q=a+b",
         macked={"target": "/v1/items?q=a%20b"})
    case("text-escape-case", bad, "Escapes are put into upper case.", target="/v1/a%2fb", macked={"target": "/v1/a%2Fb"})
    case("text-double-slash", bad, "Empty segments are folded.", target="/v1//items", macked={"target": "/v1/items"})
    case("text-dot-segments", bad, "Dot segments are removed.", target="/v1/x/../items", macked={"target": "/v1/items"})
    case("text-empty-query", bad, "A bare ? is dropped.", target="/v1/items?", macked={"target": "/v1/items"})
    case("text-path-only", bad, "The query is not signed.", target="/v1/items?a=1", macked={"target": "/v1/items"})
    case("text-trailing-slash", bad, "A slash at the end is dropped.", target="/v1/items/", macked={"target": "/v1/items"})
    case("text-absolute-url", bad, "The whole URL is signed in place of the target.",
         macked={"target": "https://" + HOST + "/v1/items"})
    case("text-value-not-trimmed", bad, "A header value is signed with the blanks at its ends.",
         headers=[("X-Tenant", " acme\t")], macked={"values": {"x-tenant": " acme\t"}})
    case("text-inner-spaces-folded", bad, "Runs of spaces inside a value are folded.", headers=[("X-Tenant", "a  b")],
         macked={"values": {"x-tenant": "a b"}})
    case("text-value-lower-case", bad, "Values are put into lower case.", headers=[("X-Tenant", "ACME")],
         macked={"values": {"x-tenant": "acme"}})
    case("text-name-as-sent", bad, "Names are signed as sent, not in lower case.", text=swap("x-tenant:", "X-Tenant:"), **get)
    case("text-host-upper-case", bad, "The host is signed as sent.", host="API.Example.TEST",
         macked={"host": "API.Example.TEST"})
    case("text-host-default-port", bad, "The default port is signed.", host=HOST + ":443", macked={"host": HOST + ":443"})
    case("text-host-port-missing", bad, "A port that is not the default is left out.", host=HOST + ":8443",
         origins=["https://%s:8443" % HOST], macked={"host": HOST})
    case("text-ipv6-without-brackets", bad, "The brackets are left out.", host="[2001:db8::1]",
         origins=["https://[2001:db8::1]"], macked={"host": "2001:db8::1"})
    case("text-method-lower-case", bad, "The method is signed in lower case.", macked={"method": "get"})
    case("text-empty-header-omitted", bad, "A header with an empty value is left out.", headers=[("X-Tenant", "")],
         text=swap("x-tenant:\n", ""))

    for name, change, about in (
            ("method", {"method": "DELETE"}, "The method is not signed."),
            ("head-to-get", {"method": "HEAD"}, "HEAD is treated as GET."),
            ("target", {"target": "/v1/items/7"}, "The target is not signed."),
            ("query", {"target": "/v1/items?admin=1"}, "The query is not signed."),
            ("target-case", {"target": "/V1/items"}, "The target is compared without case.")):
        case("sent-" + name, bad, about, sent=change)
    case("sent-query-order", bad, "The order of the query's parameters is not signed.", target="/v1/items?a=1&a=2",
         sent={"target": "/v1/items?a=2&a=1"})
    case("sent-header-changed", bad, "A signed header's value is not in the MAC.",
         lines=lambda lines: [[n, "evil" if n == "X-Tenant" else v] for n, v in lines], **get)
    case("sent-headers-swapped", bad, "Values are signed without their names.", headers=[("X-A", "1"), ("X-B", "2")],
         lines=lambda lines: [[n, {"X-A": "2", "X-B": "1"}.get(n, v)] for n, v in lines])
    case("sent-content-and-digest", bad, "The digest is compared with the content but is not in the MAC.", method="POST",
         body=b'{"n":1}', sent={"body": b'{"n":2}'},
         lines=lambda lines: [[n, digest_field(b'{"n":2}') if n == "Content-Digest" else v] for n, v in lines])
    case("sent-timestamp", bad, "The timestamp is not in the MAC, so a captured request never grows old.",
         timestamp=T0 - 3600, auth=set_param("Timestamp", str(T0)))
    case("sent-nonce", bad, "The nonce is not in the MAC, so a captured request can be sent again.",
         auth=set_param("Nonce", "ZZZZZZZZZZZZZZZZZZZZ"))
    case("sent-nonce-case", bad, "The nonce is compared without case.", nonce="AZAZ09-_AZAZ09-_",
         auth=set_param("Nonce", "azaz09-_azaz09-_"))
    case("sent-app-id", bad, "The app id is not in the MAC, or the key is not the app's.", auth=set_param("Credential", "demo1"))
    case("sent-list-shorter", bad, "The list is not in the MAC: a header is taken out of it.",
         auth=set_param("SignedHeaders", "host"), **get)
    case("sent-list-longer", bad, "The list is not in the MAC: a header is put into it.", names=["host"],
         auth=set_param("SignedHeaders", "host;x-tenant"), **get)
    case("sent-host-other-origin", bad, "The host is checked against the list but is not in the MAC.",
         host="a.example.test", origins=["https://a.example.test", "https://b.example.test"],
         lines=lambda lines: [[n, "b.example.test" if n == "Host" else v] for n, v in lines])


def key_and_time_cases():
    case("algorithm-not-the-keys", "key-unusable", "The header chooses the algorithm, not the key record.", alg="sha512")
    case("algorithm-weaker-than-the-keys", "key-unusable", "The header chooses the algorithm, not the key record.",
         app="demo-sha512", alg="sha256")
    case("app-unknown", "app-unknown", "An unknown app is served with somebody's key.", app="nobody")
    case("app-other-case", "app-unknown", "App ids are compared without case.", app="Demo")
    case("app-constructor", "app-unknown", "The look-up finds an object's own member.", app="constructor")
    case("app-proto", "app-unknown", "The look-up finds an object's prototype.", app="__proto__")
    case("app-unknown-dummy-key", "app-unknown", "The MAC made for the sake of time under a known dummy key is believed.",
         app="nobody-else", mac=lambda k, t: mac_hex(bytes(32), "sha256", t))
    case("app-unknown-empty-key", "app-unknown", "An unknown app's key is empty.", app="nobody-at-all",
         mac=lambda k, t: mac_hex(b"", "sha256", t))
    case("app-without-keys", "key-unusable", "An app with an empty ring is served with the dummy key.", app="empty-ring",
         mac=lambda k, t: mac_hex(bytes(32), "sha256", t))
    case("key-revoked", "key-unusable", "A revoked key still verifies.", app="revoked")
    case("key-revoked-beside-live", "signature-mismatch", "A revoked key still verifies beside a live one.",
         app="half-revoked", key=0)
    case("key-early", "key-unusable", "A key verifies before its time.", app="early")
    case("key-expired", "key-unusable", "A key verifies after its time.", app="expired")
    case("key-at-end", "key-unusable", "expiresAt is the first second in which the key is dead, not the last of its life.",
         app="at-end")
    case("key-judged-by-timestamp", "key-unusable", "A key's time is judged by the request's timestamp, not by the clock.",
         app="at-end", timestamp=T0 - 10)
    case("key-dead-in-ring-of-four", "signature-mismatch", "A revoked key is among the two that are tried.",
         app="ring-of-four", key=0)
    case("key-expired-in-ring-of-four", "signature-mismatch", "An expired key is among the two that are tried.",
         app="ring-of-four", key=1)
    case("key-whose-turn-is-over", "signature-mismatch", "Three keys are tried in the second in which one follows another.",
         app="three-in-turn", key=0)
    case("key-of-other-algorithm", "signature-mismatch", "A key is used with an algorithm that is not its own.",
         app="two-algorithms", key=0, alg="sha512")

    case("timestamp-too-old", "timestamp-too-old", "The window is one second too long.", now=T0 + MAX_AGE + 1)
    case("timestamp-too-new", "timestamp-too-new", "The window begins one second too early.", now=T0 - FUTURE_SKEW - 1)
    case("timestamp-future-as-old", "timestamp-too-new", "The same window is used on both sides.", now=T0 - MAX_AGE)
    case("timestamp-day-old", "timestamp-too-old", "Exactly 86400 s is not yet absurd.", now=T0 + ABSURD)
    case("timestamp-day-new", "timestamp-too-new", "Exactly 86400 s is not yet absurd.", now=T0 - ABSURD)
    case("timestamp-absurd-old", "timestamp-absurd", "A timestamp more than a day old reaches the key look-up.",
         now=T0 + ABSURD + 1)
    case("timestamp-absurd-new", "timestamp-absurd", "A timestamp more than a day ahead reaches the key look-up.",
         now=T0 - ABSURD - 1)
    case("timestamp-absurd-unknown-app", "timestamp-absurd", "The key look-up comes before the absurd timestamp.",
         app="nobody", timestamp=9999999999)
    case("too-old-and-forged", "signature-mismatch", "The window is judged before the MAC, and tells a forger the time.",
         now=T0 + MAX_AGE + 1, mac=lambda k, t: mac_hex(bytes(32), "sha256", t))
    case("too-old-and-changed", "content-mismatch", "The window is judged before the content.", method="POST",
         body=b"abc", sent={"body": b"abd"}, now=T0 + MAX_AGE + 1)

    case("route-header-unsigned", "header-unsigned", "The route's own list of headers is not enforced.",
         headers=[("X-Tenant", "acme")], names=["host"], route=["x-tenant"])
    case("route-header-absent", "header-unsigned", "The route's header is demanded only if it is there.",
         route=["x-tenant"])
    case("route-header-and-too-old", "header-unsigned", "The window is judged before the route's policy.",
         route=["x-tenant"], now=T0 + MAX_AGE + 1)


def with_item(name, value):
    """Gives one of the block's parameters another value."""
    return lambda items: ["%s=%s" % (name, value) if item.startswith(name + "=") else item for item in items]


def without_item(name):
    return lambda items: [item for item in items if not item.startswith(name + "=")]


def presigned_valid_cases():
    presigned("worked-example", None, "The worked example of the specification.")
    presigned("head", None, "HEAD is signed as HEAD.", method="HEAD")
    presigned("sha384", None, "HMAC-SHA384; the first line is the whole value of Lacre-Algorithm.", app="demo-sha384")
    presigned("sha512", None, "HMAC-SHA512, with a nonce.", app="demo-sha512", nonce="c2FtcGxlLW5vbmNlLTAx")
    presigned("nonce", None, "With a nonce the fourth line is the nonce.", nonce="c2FtcGxlLW5vbmNlLTAx")
    for name, target, about in (
            ("no-query", "/v1/report", "Where there is no query, the parameters are the query."),
            ("empty-query", "/v1/report?", "A bare ? stays, and an empty parameter with it."),
            ("empty-parameter", "/v1/report?a=1&", "An empty parameter before the others stays."),
            ("escaped-signature", "/v1/report?next=%2Fa%3Fb%26Lacre-Signature=0%26Lacre-Expires=9",
             "An escaped & separates nothing."),
            ("signature-in-path", "/v1/a&Lacre-Signature=0&Lacre-Expires=9?b=1",
             "The path has no parameters; the target is cut at its last &Lacre-Signature=."),
            ("names-in-values", "/v1/report?a=Lacre-Expires=1&xLacre-Nonce=2&lacre=3&b?Lacre-Expires=4&c;lacre-d=5",
             "lacre- counts only at the start of a parameter's name."),
            ("double-escape", "/v1/report?%254cacre-x=1&%zzlacre-=2&+lacre-=3",
             "A parameter's name is decoded once, and + stands for a blank."),
            ("bytes-kept", "//v1/./%2f%zz?q=a+b%20c&b=2&a=1&a=?\"<>[]{}|\\^`'", "Nothing before the parameters is normalised.")):
        presigned("target-" + name, None, about, target=target)
    presigned("target-longest", None, "A target of exactly 8192 bytes, the signature included.", target="/" + "a" * 7973)
    presigned("header-signed", None, "A header beside host is signed; the request must bring it.",
              headers=[("X-Tenant", "acme")], route=["x-tenant"])
    presigned("header-unsigned", None, "What a browser adds to every request need not be signed.", names=["host"],
              headers=[("Accept", "*/*"), ("Cookie", "a=b"), ("User-Agent", "x")])
    presigned("host-port-443", None, "Under an https origin :443 is not signed.", host=HOST + ":443")
    presigned("digest-of-nothing", None, "A signed digest is that of zero bytes.",
              headers=[("Content-Digest", digest_field(b""))])
    presigned("key-accept-only", None, "A URL made before a rotation works until the old key is revoked.",
              app="rotating", key=1)
    presigned("expires-shortest", None, "One second.", expires=1)
    presigned("expires-longest", None,
              "999999 seconds, in the last of them: neither maxAge nor a day from the timestamp counts.",
              expires=999999, seconds=999999, now=T0 + 999998)
    presigned("expires-maximum", None, "The route's maximum itself is taken.", expires=3600, now=T0 + MAX_AGE + 1)
    presigned("last-second", None, "The last second of validity is the one before the end.", now=T0 + 599)
    presigned("first-second", None, "The clock may be behind by futureSkew.", now=T0 - FUTURE_SKEW)


def presigned_shape_cases():
    malformed, repeated = "credentials-malformed", "credentials-repeated"
    for name, lines, about in (
            ("basic", [["Authorization", "Basic ZGVtbzpkZW1v"]], "Another scheme's line passes, and the handler reads it."),
            ("bearer-twice", [["Authorization", "Bearer a"], ["authorization", "Bearer b"]], "Two lines are taken for none."),
            ("empty", [["Authorization", ""]], "An empty line is taken for none."),
            ("malformed", [["Authorization", "LACRE1-HMAC-SHA256 x"]], "One of two kinds is judged before they are counted."),
            ("lacre1", [["Authorization", format_authorization(
                "LACRE1-HMAC-SHA256", "demo", str(T0), "c2FtcGxlLW5vbmNlLTAx", "host", "0" * 64)]],
             "One of two kinds of credentials is believed, the other is acted on.")):
        presigned("beside-" + name, repeated, about, lines=lambda fields, more=lines: fields + more)
    presigned("without-query", "credentials-missing", "Parameters are found in the path.",
              url=lambda target: target.replace("?", "&"))
    presigned("one-parameter", malformed, "A lone lacre- parameter is no credentials, and the request passes as open.",
              url=lambda _: "/v1/report?lacre-x")

    for param in QUERY_PARAMS[:4] + QUERY_PARAMS[5:6]:
        presigned("missing-" + param[6:].lower(), malformed, "A missing parameter reads as undefined, or as a default.",
                  block=without_item(param))
    presigned("target-too-long", "target-malformed", "The parameters do not count for the length of the target.",
              target="/" + "a" * 7974)
    presigned("missing-signature", malformed, "A URL without a signature passes.",
              url=lambda target: target.rpartition("&")[0])
    presigned("reordered", malformed, "The parameters come in any order.",
              block=lambda items: [items[0], items[2], items[1]] + items[3:])
    presigned("nonce-last", malformed, "The nonce stands anywhere.", block=lambda items: items + ["Lacre-Nonce=" + "n" * 16])
    presigned("nonce-without-equals", malformed, "A bare name has an empty value.",
              block=lambda items: items[:4] + ["Lacre-Nonce"] + items[4:])
    presigned("repeated", malformed, "The last of two different values wins.",
              block=lambda items: items[:2] + ["Lacre-Credential=demo1"] + items[2:])
    presigned("repeated-before", malformed, "The first of two different values wins.",
              target="/v1/report?Lacre-Expires=999999")
    presigned("repeated-signature", malformed, "The target is cut at the first &Lacre-Signature=.",
              target="/v1/report?id=7&Lacre-Signature=" + "0" * 64)
    presigned("unknown", malformed, "An eighth parameter is ignored.", block=lambda items: items + ["Lacre-Extra=1"])
    for name, target in (("lower", "/v1/report?lacre-x=1"), ("upper", "/v1/report?LACRE-EXPIRES=9"),
                         ("escaped", "/v1/report?%4cacre-Expires=9"), ("escaped-hyphen", "/v1/report?a&lacre%2Dx=1"),
                         ("after-empty", "/v1/report?&lacre-"), ("escape-at-end", "/v1/report?lacre%2d"),
                         ("escape-at-end-upper", "/v1/report?a&lacre%2D"),
                         ("escape-before-equals", "/v1/report?lacre%2D=1")):
        presigned("unknown-" + name, malformed, "Only the spelling Lacre- is looked for in what stands before.",
                  target=target)
    presigned("ordinary-between", malformed, "An ordinary parameter stands among the others.",
              block=lambda items: items[:3] + ["id=8"] + items[3:])
    presigned("question-mark-before", malformed, "A second ? begins a parameter.",
              target="/v1/report?id=7?Lacre-Algorithm=LACRE1-HMAC-SHA256-PRESIGNED",
              block=without_item("Lacre-Algorithm"))
    presigned("name-lower-case", malformed, "Names are compared without case.",
              block=lambda items: [item.replace("Lacre-Expires", "lacre-expires") for item in items])
    presigned("name-escaped", malformed, "Names are decoded before they are compared.",
              block=lambda items: [item.replace("Lacre-Expires", "Lacre%2DExpires") for item in items])
    presigned("after-signature", malformed, "What is appended to a URL is not signed.", url=lambda target: target + "&id=8")
    presigned("ampersand-after-signature", malformed, "Empty parameters are skipped.", url=lambda target: target + "&")
    for name, value in (("of-header", "LACRE1-HMAC-SHA256"), ("of-response", "LACRE1-HMAC-SHA256-RESPONSE"),
                        ("lower-case", "lacre1-hmac-sha256-presigned"), ("unknown", "LACRE1-HMAC-SHA1-PRESIGNED")):
        presigned("algorithm-" + name, malformed, "An algorithm outside the three is taken.",
                  block=with_item("Lacre-Algorithm", value), macked={"first": value})
    for name, value, about in (
            ("zero", "0", "Zero seconds are taken, for no limit perhaps."), ("empty", "", "An empty value is no limit."),
            ("leading-zero", "060", "A leading zero passes: two texts for one time."),
            ("seven-digits", "1000000", "The number of digits is not limited."),
            ("negative", "-60", "A number parser takes the sign."), ("plus-sign", "+60", "A number parser takes the sign."),
            ("fraction", "60.5", "A number parser takes the fraction."),
            ("exponent", "6e2", "A number parser takes the exponent.")):
        presigned("expires-" + name, malformed, about, expires=value)
    presigned("expires-before-app-id", malformed, "Expires is judged with the shape, before the values.", expires="0", app="*")


def presigned_value_cases():
    presigned("app-id-escaped", "app-id-malformed", "Values are decoded.", block=with_item("Lacre-Credential", "de%6Do"))
    presigned("app-id-empty", "app-id-malformed", "An empty value passes.", app="")
    presigned("timestamp-milliseconds", "timestamp-malformed", "Milliseconds are guessed from the size.",
              timestamp=T0 * 1000)
    presigned("nonce-empty", "nonce-malformed", "An empty nonce counts as none.", nonce="")
    presigned("nonce-15", "nonce-malformed", "A nonce one character too short passes.", nonce="n" * 15)
    presigned("list-escaped", "signed-headers-malformed", "The list is decoded: two texts for one list.",
              headers=[("X-Tenant", "acme")], block=with_item("Lacre-SignedHeaders", "host%3Bx-tenant"))
    presigned("list-empty", "signed-headers-malformed", "An empty list is taken for nothing to check.", names="")
    presigned("list-unsorted", "signed-headers-malformed", "The order of the list is not checked.", names="x-a;host",
              headers=[("X-A", "1")])
    presigned("list-forbidden", "header-forbidden", "A header that proxies change is signed.", names="cookie;host",
              headers=[("Cookie", "a=b")])
    presigned("signature-upper-case", "signature-malformed", "Hexadecimal is compared without case: two URLs for one.",
              signature=str.upper)
    presigned("signature-extended", "signature-malformed", "What follows the MAC is ignored.", url=lambda t: t + "?a=1")
    presigned("signature-escaped", "signature-malformed", "The signature is decoded.",
              signature=lambda m: "%%%02x" % ord(m[0]) + m[1:])
    presigned("signature-sha512-under-sha256", "signature-malformed", "The length is not that of the algorithm.",
              mac=lambda k, t: mac_hex(k, "sha512", t))

    for method in ("POST", "DELETE", "OPTIONS"):
        presigned("method-" + method.lower(), "method-refused", "A URL authorises more than reading.", method=method)
    presigned("method-and-signature", "signature-malformed", "The method is judged before the grammar.", method="POST",
              signature=str.upper)
    presigned("method-and-header", "method-refused", "The method is judged after the signed headers.", method="POST",
              names="host;x-tenant")

    presigned("header-absent", "header-missing", "A signed header that a browser does not send counts as empty.",
              names="host;x-tenant")
    presigned("header-twice", "header-repeated", "The first of two lines is signed, the handler reads the second.",
              headers=[("X-Tenant", "acme")], lines=plus(["X-Tenant", "evil"]))
    presigned("header-twin", "header-ambiguous", "x_tenant and x-tenant are one variable for CGI and WSGI.",
              headers=[("X-Tenant", "acme")], lines=plus(["X_Tenant", "evil"]))
    presigned("header-non-ascii", "header-malformed", "Libraries do not agree on what is sent.",
              headers=[("X-Tenant", "caf\xe9")])
    presigned("override-unsigned", "header-unsigned", "Who has the URL turns the GET into a DELETE.",
              lines=plus(["X-HTTP-Method-Override", "DELETE"]))
    presigned("host-unsigned", "header-unsigned", "A URL for nobody in particular is accepted by everybody.",
              headers=[("X-A", "1")], names=["x-a"])
    presigned("digest-malformed", "digest-malformed", "A digest is not looked at where no content is expected.",
              headers=[("Content-Digest", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:")])


def presigned_verdict_cases():
    bad, body = "signature-mismatch", b'{"n":1}'
    presigned("content", "content-undigested", "Content that nobody signed reaches the handler of a GET.",
              sent={"body": body})
    presigned("content-with-digest", "content-undigested", "Content is accepted when its digest is signed.",
              headers=[("Content-Digest", digest_field(body))], body=body)
    presigned("content-with-digest-of-nothing", "content-undigested", "Content is taken for empty because its digest says so.",
              headers=[("Content-Digest", digest_field(b""))], sent={"body": body})
    presigned("content-with-other-digest", "content-undigested", "The digest is compared before content is refused.",
              headers=[("Content-Digest", digest_field(b'{"n":2}'))], sent={"body": body})
    presigned("content-with-digest-sha512", "content-undigested", "Content is accepted when its digest is signed.",
              headers=[("Content-Digest", digest_field(body, "sha-512"))], sent={"body": body})
    presigned("content-to-head", "content-undigested", "Content is looked for only on some methods.", method="HEAD",
              sent={"body": body})
    presigned("content-of-one-byte", "content-undigested", "A single byte that reads as false counts as nothing.", sent={"body": b"0"})
    presigned("content-and-digest-unsigned", "header-unsigned", "An unsigned digest is added with the content.",
              lines=plus(["Content-Digest", digest_field(body)]), sent={"body": body})
    presigned("content-and-forged", bad, "Content is judged before the MAC.", sent={"body": body},
              mac=lambda k, t: mac_hex(bytes(32), "sha256", t))
    presigned("digest-of-something", "content-mismatch", "A signed digest is compared only where there is content.",
              headers=[("Content-Digest", digest_field(body))])

    presigned("get-used-for-head", bad, "HEAD is treated as GET.", sent={"method": "HEAD"})
    presigned("head-used-for-get", bad, "GET is treated as HEAD, and gives what only its header was granted for.",
              method="HEAD", sent={"method": "GET"})
    presigned("target-changed", bad, "The target is not signed.", url=swap("id=7", "id=8"))
    presigned("query-moved", bad, "The query is sorted before it is signed.", target="/v1/report?b=2&a=1",
              url=swap("b=2&a=1", "a=1&b=2"))
    presigned("empty-query-dropped", bad, "A bare ? is dropped.", target="/v1/report?", url=swap("?&", "?"))
    presigned("expires-lengthened", bad, "Expires is not in the MAC.", url=swap("Expires=600", "Expires=3600"))
    presigned("timestamp-moved", bad, "The timestamp is not in the MAC.", timestamp=T0 - 3600,
              url=swap(str(T0 - 3600), str(T0)))
    presigned("nonce-removed", bad, "A URL for one use is made one for many.", nonce="n" * 16,
              url=swap("&Lacre-Nonce=" + "n" * 16, ""))
    presigned("app-id-changed", bad, "The app id is not in the MAC, or the key is not the app's.",
              url=swap("Credential=demo", "Credential=demo1"))
    presigned("text-of-header-form", bad, "The first line is that of a request with a header.",
              macked={"first": "LACRE1-HMAC-SHA256"})
    presigned("text-without-parameters", bad, "The parameters are taken off the target before the MAC.",
              macked={"target": "/v1/report?id=7"})
    presigned("text-with-empty-signature", bad, "The target of the MAC ends with &Lacre-Signature=.",
              text=swap("SignedHeaders=host\n", "SignedHeaders=host&Lacre-Signature=\n"))
    presigned("text-without-nonce-line", bad, "The line of the nonce is left out where there is none.",
              text=swap("\n\nGET", "\nGET"))
    presigned("mac-wrong-key", bad, "The MAC is not compared at all.", mac=lambda k, t: mac_hex(bytes(32), "sha256", t))
    presigned("app-unknown", "app-unknown", "An unknown app is served with somebody's key.", app="nobody")
    presigned("algorithm-not-the-keys", "key-unusable", "The URL chooses the algorithm, not the key record.", alg="sha512")
    presigned("key-revoked", "key-unusable", "A URL outlives its key.", app="revoked")

    refused = "scheme-refused"
    presigned("route-takes-none", refused, "Every route takes URLs, though nobody said so.", seconds=0)
    presigned("route-maximum", refused, "Whoever signs decides how long a URL lives.", expires=3601)
    presigned("route-maximum-and-too-old", refused, "The window is judged before the route's policy.", expires=3601,
              now=T0 + 7200)
    presigned("route-maximum-forged", bad, "The route's policy is judged before the MAC, and tells a forger of it.",
              expires=3601, mac=lambda k, t: mac_hex(bytes(32), "sha256", t))
    presigned("route-takes-none-and-header", refused, "The route's headers are judged before its schemes.", seconds=0,
              route=["x-tenant"])
    presigned("route-header-unsigned", "header-unsigned", "The route's own list of headers is not enforced.",
              route=["x-tenant"])

    presigned("too-old", "timestamp-too-old", "The end of validity is included.", now=T0 + 600)
    presigned("too-old-within-max-age", "timestamp-too-old", "maxAge makes a short URL longer.", expires=60, now=T0 + 60)
    presigned("too-new", "timestamp-too-new", "The window begins one second too early.", now=T0 - FUTURE_SKEW - 1)
    presigned("too-new-with-nonce", "timestamp-too-new", "The window begins one second too early.", nonce="n" * 16,
              now=T0 - FUTURE_SKEW - 1)
    presigned("day-old", "timestamp-too-old", "Exactly 86400 s after the end is not yet absurd.", now=T0 + 600 + ABSURD)
    presigned("day-new", "timestamp-too-new", "Exactly 86400 s before the timestamp is not yet absurd.", now=T0 - ABSURD)
    presigned("absurd-old", "timestamp-absurd", "A URL that ended more than a day ago reaches the key look-up.",
              now=T0 + 600 + ABSURD + 1)
    presigned("absurd-new", "timestamp-absurd", "A URL that begins in more than a day reaches the key look-up.",
              now=T0 - ABSURD - 1)


def response_valid_cases():
    json_header = ("Content-Type", "application/json")
    answer("worked-example", None, "The worked example of the specification.", request="worked-example", status=201,
           headers=[json_header, ("Location", "/v1/items/42")], content=b'{"id":42}')
    answer("worked-example-204", None, "No signed header at all: the text ends with the status and two line feeds.",
           request="worked-example", status=204)
    answer("sha384", None, "HMAC-SHA384.", request="algorithm-sha384", headers=[json_header], content=b'{"n":2}')
    answer("sha512", None, "HMAC-SHA512.", request="algorithm-sha512", headers=[json_header], content=b'{"n":3}')
    answer("empty-200", None, "No content, no signed header.")
    answer("status-304", None, "A 304 with a signed header beside the minimum.", status=304, names=["etag"],
           headers=[("ETag", '"a"')])
    answer("status-302", None, "Location is signed.", status=302, headers=[("Location", "/v1/items?a=b&c;d")])
    answer("status-401", None, "A refusal that only the holder of the key can tell from others.", status=401,
           headers=[json_header, ("WWW-Authenticate", "LACRE1-HMAC-SHA256")], content=b'{"statusCode":401}')
    answer("status-401-clock", None, "A refusal that says, under its signature, that the clock was the reason.", status=401,
           headers=[json_header, ("Lacre-Clock", "out-of-window")], content=b'{"statusCode":401}')
    answer("status-503", None, "Retry-After is signed.", status=503, headers=[json_header, ("Retry-After", "5")],
           content=b'{"statusCode":503}')
    answer("head", None, "The answer to HEAD has no content and no digest.", request="method-head",
           headers=[json_header, ("Content-Length", "7")])
    answer("head-digest", None, "A digest in the answer to HEAD is compared with nothing.", request="method-head",
           headers=[json_header, ("Content-Digest", digest_field(b'{"n":1}'))])
    answer("status-304-digest", None, "A digest in a 304 is compared with nothing.", status=304,
           headers=[("Content-Digest", digest_field(b'{"n":1}'))])
    answer("digest-sha512", None, "A sha-512 digest, whatever the MAC's algorithm.", content=b'{"n":1}', digest=False,
           headers=[("Content-Digest", digest_field(b'{"n":1}', "sha-512"))])
    answer("digest-of-nothing", None, "A signed digest of zero bytes.", headers=[("Content-Digest", digest_field(b""))])
    answer("content-every-byte", None, "Content is bytes, and is hashed before any content coding is taken off.",
           headers=[("Content-Encoding", "gzip"), ("Content-Type", "application/octet-stream")],
           content=bytes(range(256)))
    answer("header-extra", None, "A header beside the minimum, signed.", headers=[json_header, ("X-Request-Id", "a  b")],
           names=["content-type", "x-request-id"])
    answer("header-unsigned", None, "A header outside list and minimum may be repeated, have a twin and any bytes.",
           headers=[("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"), ("X-Note", "caf\xe9"), ("X_Note", "a"),
                    ("Date", "Tue, 14 Nov 2023 22:13:21 GMT")])
    answer("blanks-round-values", None, "Blanks at the ends of a value belong to HTTP.",
           headers=[("CONTENT-TYPE", " \ttext/plain\t")],
           lines=lambda lines: [[n, " %s\t" % v if n == "Lacre-Signature" else v] for n, v in lines])
    answer("name-lower-case", None, "Names of fields have no case.", headers=[json_header],
           lines=lambda lines: [[n.lower(), v] for n, v in lines])
    answer("params-reversed", None, "The parameters come in any order.", headers=[json_header], field=reorder([2, 1, 0]))
    answer("params-no-spaces", None, "The space after a comma may be absent.", field=reorder([0, 1, 2], ","))
    answer("status-205", None, "A 205 is no 204: what it has of content is judged as ever.", status=205,
           headers=[json_header])
    answer("status-205-digest", None, "A digest of zero bytes in a 205.", status=205,
           headers=[("Content-Digest", digest_field(b""))])
    answer("field-longest", None, "32 names of 64 characters and the longest MAC: 2283 bytes.",
           request="algorithm-sha512", headers=[("x-%02d-" % i + "a" * 59, "") for i in range(32)],
           names=["x-%02d-" % i + "a" * 59 for i in range(32)])
    answer("field-after-blanks", None, "Blanks round the value do not count among its 4096 bytes.",
           field=lambda v: " " * 4096 + v + "\t" * 4096)
    answer("timestamp-far", None, "No window is held against the server's clock.", timestamp=T0 + 2 * ABSURD)


def response_field_cases():
    missing, repeated, malformed = "signature-missing", "signature-repeated", "signature-malformed"
    json_header = ("Content-Type", "application/json")
    two = dict(headers=[json_header, ("X-A", "1")], names=["content-type", "x-a"])
    unsigned = lambda lines: [line for line in lines if line[0] != "Lacre-Signature"]
    answer("unsigned", missing, "An unsigned answer is believed.", headers=[json_header], content=b"{}", lines=unsigned)
    answer("twin-of-signature", missing, "Lacre_Signature stands in for the field.",
           lines=lambda lines: [["Lacre_Signature", v] for _, v in lines])
    answer("signature-twice", repeated, "The last of two lines is believed.",
           lines=lambda lines: [["Lacre-Signature", "x"]] + lines)
    answer("signature-twice-same", repeated, "Two equal lines are taken for one.", lines=lambda lines: lines + lines)
    answer("signature-twice-joined", malformed, "Two lines that a library joined are taken apart again.",
           field=lambda v: v + ", " + v)

    answer("algorithm-without-response", malformed, "The algorithm of a request is taken for that of its answer.",
           macked={"first": "LACRE1-HMAC-SHA256"}, field=swap("-RESPONSE", ""))
    answer("algorithm-presigned", malformed, "The text of a URL passes for an answer.",
           macked={"first": "LACRE1-HMAC-SHA256-PRESIGNED"}, field=swap("-RESPONSE", "-PRESIGNED"))
    answer("algorithm-other", malformed, "The server chooses the algorithm, not the request.", alg="sha512")
    answer("algorithm-lower-case", malformed, "The algorithm is compared without case.",
           field=swap("LACRE1-HMAC", "lacre1-hmac"))
    answer("field-empty", malformed, "An empty value crashes the parser or passes.", field=lambda v: "")
    answer("field-5000", malformed, "The length is not limited.", field=lambda v: v + ", " + "x" * 5000)
    for length in (4096, 4097):
        answer("field-%d" % length, malformed, "What is that long matches the grammar nowhere: the longest value is shorter.",
               field=lambda v, n=length: set_param("SignedHeaders", "x" * (n - len(v)))(v))
    answer("tab-after-comma", malformed, "A tab is taken for the space after a comma.", field=swap(", ", ",\t"))
    answer("two-spaces-after-comma", malformed, "Runs of spaces are folded.", field=swap(", ", ",  "))
    answer("trailing-comma", malformed, "An empty last element is skipped.", field=lambda v: v + ",")
    answer("param-quoted", malformed, "Quoted values are unquoted.", field=swap("=%d" % (T0 + 1), '="%d"' % (T0 + 1)))
    answer("param-unknown", malformed, "A fourth parameter is ignored.", field=lambda v: v + ", Credential=demo")
    answer("param-duplicate", malformed, "The last of two different values wins.",
           field=lambda v: v + ", Timestamp=%d" % T0)
    for param in RESPONSE_PARAMS:
        answer("param-missing-" + param.lower(), malformed, "A missing parameter reads as undefined, or as empty.",
               field=drop_param(param))
    answer("timestamp-milliseconds", malformed, "Milliseconds are guessed from the size.", timestamp=T0 * 1000)
    answer("timestamp-leading-zero", malformed, "A leading zero passes: two texts for one time.", timestamp="0%d" % T0)
    answer("mac-upper-case", malformed, "Hexadecimal is compared without case: two texts for one MAC.",
           signature=str.upper)
    answer("mac-truncated", malformed, "A shorter MAC is compared over its own length.", signature=lambda m: m[:32])
    answer("mac-extended", malformed, "What follows the MAC is ignored.", signature=lambda m: m + "00")
    answer("list-reordered", malformed, "The order of the list is not checked.",
           headers=two["headers"], names="x-a;content-type")
    answer("list-duplicate", malformed, "A name twice in the list passes.", headers=[json_header],
           names="content-type;content-type")
    answer("list-upper-case", malformed, "An upper-case name passes.", headers=[json_header], names="Content-Type")
    answer("list-forbidden", malformed, "A header that proxies change is signed.", headers=[("Via", "1.1 p")], names="via")
    answer("list-33", malformed, "The number of names is not limited.", names=["x-%02d" % i for i in range(33)],
           headers=[("x-%02d" % i, "1") for i in range(33)])

    answer("header-removed", "header-missing", "A signed header that is not there counts as empty.",
           lines=lambda lines: [line for line in lines if line[0] != "X-A"], **two)
    answer("header-doubled", "header-repeated", "The first of two lines is signed, the caller reads the second.",
           lines=plus(["X-A", "2"]), **two)
    answer("header-doubled-same", "header-repeated", "Two equal lines are taken for one.", lines=plus(["x-a", "1"]), **two)
    answer("header-twin", "header-ambiguous", "A twin with _ is read in place of the signed header.",
           lines=plus(["X_A", "2"]), **two)
    answer("header-non-ascii", "header-malformed", "Libraries do not agree on the bytes of a value.",
           headers=[("X-A", "caf\xe9")], names=["x-a"])
    answer("header-removed-and-status-changed", "header-missing", "The MAC is compared before the fields are counted.",
           lines=lambda lines: [line for line in lines if line[0] != "X-A"], sent={"status": 500}, **two)


def response_order_cases():
    """Answers that break two rules: the first in the order of section 11 names the fault."""
    a, b = ("X-A", "1"), ("X-B", "2")
    two = dict(headers=[a, b], names=["x-a", "x-b"])
    without_a = lambda *more: (lambda lines: [line for line in lines if line[0] != "X-A"] + [list(m) for m in more])
    each = "Each name is judged by all four rules before the next one is."
    one = "A twin, absent, on two lines, another byte: that is the order for one name."
    answer("order-names-repeated-twin", "header-repeated", each, lines=plus(a, ["X_B", "3"]), **two)
    answer("order-names-twin-repeated", "header-ambiguous", each, lines=plus(["X_A", "3"], b), **two)
    answer("order-names-absent-twin", "header-missing", each, lines=without_a(["X_B", "3"]), **two)
    answer("order-name-twin-absent", "header-ambiguous", one, lines=without_a(["X_A", "1"]), **two)
    answer("order-name-twin-repeated", "header-ambiguous", one, lines=plus(a, ["X_A", "1"]), **two)
    answer("order-name-repeated-bytes", "header-repeated", one, headers=[("X-A", "\xe9")], names=["x-a"], lines=plus(a))

    minimum = "The names of the minimum are judged one after the other, in the order of their bytes."
    kind, twin = ("Content-Type", "text/plain"), ("Content_Type", "text/html")
    coding, coding_twin = ("Content-Encoding", "gzip"), ("Content_Encoding", "gzip")
    answer("order-minimum-name", "header-ambiguous", "Twin before two lines holds for the minimum too.",
           lines=plus(kind, kind, twin))
    answer("order-minimum-repeated-twin", "header-repeated", minimum, lines=plus(twin, coding, coding))
    answer("order-minimum-twin-repeated", "header-ambiguous", minimum, lines=plus(kind, kind, coding_twin))
    answer("order-minimum-unsigned-repeated", "header-repeated", "One that is not in the list is looked for at the end only.",
           lines=plus(coding, kind, kind))
    answer("order-minimum-unsigned-twin", "header-ambiguous", "One that is not in the list is looked for at the end only.",
           lines=plus(coding, twin))
    answer("order-minimum-digest", "header-unsigned", "The digest is read before the minimum is judged.",
           headers=[("Content-Digest", "md5")], content=b"x", digest=False, lines=plus(kind))


def response_attack_cases():
    bad = "signature-mismatch"
    json_header = ("Content-Type", "application/json")
    some = dict(headers=[json_header], content=b'{"n":1}')
    replace = lambda name, value: (lambda lines: [[n, value if n == name else v] for n, v in lines])
    other = [entry for entry in CASES if entry["name"] == "target-root"][0]["mac"]
    answer("of-another-request", bad, "The answer to one request is given to another.", macked={"request": other}, **some)
    answer("of-another-app", bad, "The app id is not in the MAC.", macked={"app": "demo1"}, **some)
    answer("status-changed", bad, "The status is not in the MAC.", sent={"status": 200}, status=403, **some)
    answer("status-changed-to-204", bad, "A refusal is made an empty success.", sent={"status": 204}, status=401)
    answer("timestamp-changed", bad, "The timestamp is not in the MAC, and sets the client's clock wrong.",
           field=set_param("Timestamp", str(T0 + 3600)), **some)
    answer("header-changed", bad, "A signed header's value is not in the MAC.", lines=replace("Content-Type", "text/html"),
           **some)
    answer("list-shortened", bad, "The list is not in the MAC: a header is taken out of it.", names=["x-a"],
           headers=[("X-A", "1")], field=set_param("SignedHeaders", ""))
    answer("list-lengthened", bad, "The list is not in the MAC: a header is put into it.",
           lines=plus(["X-A", "1"]), field=set_param("SignedHeaders", "x-a"))
    answer("content-and-digest-changed", bad, "The digest is not in the MAC.", sent={"content": b'{"n":2}'},
           lines=replace("Content-Digest", digest_field(b'{"n":2}')), **some)
    answer("mac-of-the-request", bad, "The request's own MAC is handed back as the answer's.",
           mac=lambda k, t: t.split("\n")[2])
    answer("mac-random-key", bad, "A 401 to a request whose MAC was wrong is believed.", status=401,
           mac=lambda k, t: mac_hex(decode_key(test_key("random")), "sha256", t))
    answer("mac-key-text", bad, "The key's text is the HMAC key, not the bytes it stands for.",
           mac=lambda k, t: mac_hex(encode_key(k).encode("ascii"), "sha256", t))
    answer("text-first-line-of-request", bad, "The first line is that of the request.",
           macked={"first": "LACRE1-HMAC-SHA256"}, **some)
    answer("text-without-request", bad, "The answer is bound to no request.", text=lambda t: re.sub("[0-9a-f]{64}\n", "", t))
    answer("text-one-line-feed", bad, "The empty list leaves no line.", text=lambda t: t[:-1])
    answer("text-reason-phrase", bad, "The reason phrase is signed with the status.", text=swap("\n200\n", "\n200 OK\n"))

    unsigned = "header-unsigned"
    for name, value in (("Location", "https://evil.test/"), ("Content-Encoding", "gzip"), ("Retry-After", "86400"),
                        ("Content-Type", "text/html"), ("Content-Digest", digest_field(b""))):
        answer("added-" + name.lower(), unsigned, "A header is added to a signed answer.", lines=plus([name, value]))
    clock = ("Lacre-Clock", "out-of-window")
    blamed = dict(status=401, headers=[json_header, clock], content=b'{"statusCode":401}')
    answer("added-lacre-clock", unsigned, "The refusal of a second copy is made one that is for the clock, and the client "
           "sends again what has run.", status=401, lines=plus(list(clock)))
    answer("lacre-clock-unsigned", unsigned, "A reason that nobody signed is believed.", names=["content-type"], **blamed)
    answer("lacre-clock-removed", "header-missing", "The reason is taken away, and the client's clock stays wrong.",
           lines=lambda lines: [line for line in lines if line[0] != "Lacre-Clock"], **blamed)
    answer("lacre-clock-changed", bad, "The reason is not in the MAC.", lines=replace("Lacre-Clock", "in-window"), **blamed)
    answer("lacre-clock-doubled", "header-repeated", "The first of two lines is signed, the client reads the second.",
           lines=plus(list(clock)), **blamed)
    answer("lacre-clock-twin", "header-ambiguous", "A twin with _ is read in place of the signed reason.",
           lines=plus(["lacre_clock", "out-of-window"]), **blamed)
    answer("added-lacre-clock-twin", "header-ambiguous", "lacre_clock is read as lacre-clock by what comes after.", status=401,
           lines=plus(["lacre_clock", "out-of-window"]))
    answer("added-lacre-clock-twice", "header-repeated", "An unsigned reason on two lines: which one is judged?", status=401,
           lines=plus(list(clock), list(clock)))
    answer("digest-unsigned", unsigned, "A digest that nobody signed is believed.", names=["content-type"], **some)
    answer("added-location-twice", "header-repeated", "An unsigned header on two lines: which one is judged?",
           lines=plus(["Location", "/a"], ["Location", "/b"]))
    answer("added-content-type-twin", "header-ambiguous", "content_type is read as content-type by what comes after.",
           lines=plus(["content_type", "text/html"]))
    answer("added-location-to-forged", bad, "The minimum is judged before the MAC.", lines=plus(["Location", "/a"]),
           sent={"status": 201})

    right = digest_field(b'{"n":1}')
    for name, value in (
            ("md5", "md5=:" + base64.b64encode(hashlib.md5(b'{"n":1}').digest()).decode("ascii") + ":"),
            ("two-members", right + ", " + digest_field(b'{"n":1}', "sha-512")), ("parameter", right + ";q=1"),
            ("no-padding", right.replace("=:", ":").replace("sha-256:", "sha-256=:")), ("empty", "")):
        answer("digest-" + name, "digest-malformed", "A digest outside the grammar is skipped, or guessed at.",
               headers=[("Content-Digest", value)], content=b'{"n":1}', digest=False)
    answer("head-digest-malformed", "digest-malformed", "The grammar holds where nothing is compared, too.",
           request="method-head", headers=[("Content-Digest", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:")])

    answer("content-undigested", "content-undigested", "A server that leaves the digest out is believed.",
           content=b'{"n":1}', digest=False)
    answer("content-added", "content-undigested", "Content is added to an answer that had none.",
           sent={"content": b'{"n":1}'})
    answer("content-changed", "content-mismatch", "The digest is not compared with the content.",
           sent={"content": b'{"n":2}'}, **some)
    answer("content-appended", "content-mismatch", "The content is compared after parsing, not as bytes.",
           sent={"content": b'{"n":1}\n'}, **some)
    answer("status-205-undigested", "content-undigested", "A 205 has no content, so nobody looks for some.", status=205,
           sent={"content": b"x"})
    answer("status-205-mismatch", "content-mismatch", "The digest in a 205 is compared with nothing.", status=205,
           headers=[("Content-Digest", digest_field(b"x"))])
    answer("content-removed", "content-mismatch", "The digest is compared only if there is content.",
           sent={"content": b""}, **some)
    answer("content-added-to-empty-digest", "content-mismatch", "A digest of zero bytes is not compared.",
           headers=[("Content-Digest", digest_field(b""))], sent={"content": b"x"})
    answer("content-changed-sha512", "content-mismatch", "A sha-512 digest is parsed but not compared.",
           headers=[("Content-Digest", digest_field(b'{"n":1}', "sha-512"))], content=b'{"n":1}', digest=False,
           sent={"content": b'{"n":2}'})


REFUSALS = frozenset("""
credentials-missing credentials-repeated credentials-malformed app-id-malformed timestamp-malformed nonce-malformed
signed-headers-malformed header-forbidden signature-malformed method-refused target-malformed host-unknown
header-missing header-repeated header-unsigned header-ambiguous header-malformed digest-malformed
transfer-coding-refused timestamp-absurd app-unknown key-unusable signature-mismatch content-undigested
content-mismatch timestamp-too-old timestamp-too-new nonce-seen scheme-refused""".split())
FAULTS = frozenset("""
signature-missing signature-repeated signature-malformed header-ambiguous header-missing header-repeated
header-malformed signature-mismatch header-unsigned digest-malformed content-undigested content-mismatch""".split())


def judge(entry, seen=None):
    request = dict(entry["request"], body=base64.b64decode(entry["request"]["content"]))
    try:
        verify(request, APPS, entry["now"], entry["origins"], entry["signedHeaders"], seen=seen,
               presigned_seconds=entry["presignedSeconds"])
    except Refused as refused:
        return refused.code
    return None


def judge_response(entry):
    response = dict(entry["response"], content=base64.b64decode(entry["response"]["content"]))
    try:
        verify_response(response, entry["appId"], decode_key(entry["apiKey"]), entry["algorithm"],
                        entry["requestSignature"], entry["requestMethod"])
    except Refused as refused:
        return refused.code
    return None


def generate():
    # Here, since they import this program.
    from clocks import clocks
    from keys import is_ring, keys, rings
    from senders import senders
    del CASES[:], RESPONSES[:]
    for part in (valid_cases, credential_cases, value_cases, request_cases, order_cases, digest_cases, mac_cases,
                 key_and_time_cases, presigned_valid_cases, presigned_shape_cases, presigned_value_cases,
                 presigned_verdict_cases, response_valid_cases, response_field_cases, response_order_cases,
                 response_attack_cases):
        part()
    for entry in CASES:
        if entry["name"] in ("no-authorization", "authorization-empty", "authorization-basic", "presigned-one-parameter"):
            # Nothing that was MACed arrives.
            entry["canonicalRequest"] = entry["mac"] = None
            if entry["name"] == "no-authorization":
                entry["authorization"] = None
    self_check()
    assert all(is_ring(ring) for ring in APPS.values()), "more than two live keys"
    return json.dumps({
        "protocol": "LACRE1", "version": 1, "generator": "test/vectors/lacre1.py",
        "maxAge": MAX_AGE, "futureSkew": FUTURE_SKEW,
        "apps": [{"appId": app_id, "keys": keys} for app_id, keys in APPS.items()],
        "cases": CASES, "responses": RESPONSES, "senders": senders(), "keys": keys(), "rings": rings(),
        "clocks": clocks()}, indent=1) + "\n"


def self_check():
    for entries, verdict_of, member, closed in ((CASES, judge, "refusal", REFUSALS),
                                                (RESPONSES, judge_response, "fault", FAULTS)):
        names = [entry["name"] for entry in entries]
        assert len(names) == len(set(names)), "two cases of one name"
        for entry in entries:
            verdict = verdict_of(entry)
            assert verdict == entry[member], (entry["name"], "expected", entry[member], "got", verdict)
            assert entry["valid"] == (verdict is None), entry["name"]
            message = entry["request"] if entries is CASES else entry["response"]
            assert all(ord(c) < 256 for line in message["headers"] for c in line[1]), entry["name"]
        hunted = set(entry[member] for entry in entries) - {None}
        assert hunted | {"nonce-seen"} == closed | {"nonce-seen"}, hunted ^ closed
    keys = [r["apiKey"] for ring in APPS.values() for r in ring]
    assert len(keys) == len(set(keys)), "one secret, one record"
    cases = dict((entry["name"], entry) for entry in CASES)
    for name, length in (("authorization-4096", 4096), ("authorization-4097", 4097), ("authorization-longest", 2491)):
        assert len(cases[name]["authorization"]) == length, name
    answers = dict((entry["name"], entry) for entry in RESPONSES)
    for name, length in (("field-longest", 2283), ("field-4096", 4096), ("field-4097", 4097)):
        assert len(answers[name]["lacreSignature"]) == length, (name, len(answers[name]["lacreSignature"]))
    assert len(cases["presigned-target-longest"]["request"]["target"]) == MAX_TARGET
    check_examples(cases)
    check_nonces(cases)


def check_examples(cases):
    """What the specification prints in sections 1.1, 11 and 12."""
    example = cases["worked-example"]
    assert example["mac"] == "e7dae6ec7a9b250b77d1403574183485fd4428c1f83280ebf8f9a8c9a7c06565"

    answers = dict((entry["name"], entry) for entry in RESPONSES)
    created, empty = answers["worked-example"], answers["worked-example-204"]
    assert created["requestSignature"] == empty["requestSignature"] == example["mac"]
    assert created["canonicalResponse"] == """LACRE1-HMAC-SHA256-RESPONSE
demo
e7dae6ec7a9b250b77d1403574183485fd4428c1f83280ebf8f9a8c9a7c06565
1700000001
201
content-digest:sha-256=:F7TbBk4X9IeOORF35spiO3mJEfNAFLyeeJIJk9fdJ60=:
content-type:application/json
location:/v1/items/42

content-digest;content-type;location"""
    assert created["mac"] == "6a891fba2c40f858d4d6b0f58864906eae6a317b93d7773bc5d16baa7751219d"
    assert created["lacreSignature"] == (
        "LACRE1-HMAC-SHA256-RESPONSE Timestamp=1700000001, SignedHeaders=content-digest;content-type;location, "
        "Signature=6a891fba2c40f858d4d6b0f58864906eae6a317b93d7773bc5d16baa7751219d")
    assert empty["canonicalResponse"].endswith("204\n\n")
    assert empty["mac"] == "48d372884c017beb31e62d2f3bb8c829c7a9adb54b9a2a9dd88ceb647d0adbe0"

    url = cases["presigned-worked-example"]
    assert url["canonicalRequest"] == """LACRE1-HMAC-SHA256-PRESIGNED
demo
1700000000

GET
/v1/report?id=7&Lacre-Algorithm=LACRE1-HMAC-SHA256-PRESIGNED&Lacre-Credential=demo&Lacre-Timestamp=1700000000&Lacre-Expires=600&Lacre-SignedHeaders=host
host:api.example.test

host"""
    assert url["mac"] == "2c2dc06faabe26b4840ba08b1b79bc10e0f7d68ed2431d04ee58909369b11a94"
    assert url["request"]["target"] == "%s&Lacre-Signature=%s" % (url["canonicalRequest"].split("\n")[5], url["mac"])


def check_nonces(cases):
    """Nonces, which no single case shows: at most once, burnt by no refusal but one from the future."""
    for example, future in (("worked-example", "timestamp-too-new"), ("presigned-nonce", "presigned-too-new-with-nonce")):
        seen = set()
        assert (judge(cases[example], seen), judge(cases[example], seen)) == (None, "nonce-seen")
        seen = set()
        assert judge(cases[future], seen) == "timestamp-too-new" and len(seen) == 1
        assert judge(dict(cases[future], now=T0), seen) == "nonce-seen"
    seen = set()
    assert judge(cases["content-changed"], seen) == "content-mismatch" and not seen
    # A URL without a nonce leaves nothing behind.
    for name, verdict in (("presigned-too-new", "timestamp-too-new"), ("presigned-worked-example", None)):
        assert (judge(cases[name], seen), judge(cases[name], seen)) == (verdict, verdict) and not seen
    # Both forms have one memory: these two have the same app and nonce.
    assert judge(cases["worked-example"], seen) is None and judge(cases["presigned-nonce"], seen) == "nonce-seen"


def main(arguments):
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.normpath(os.path.join(here, "..", "..", "docs", "vectors", "lacre1.json"))
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: lacre1.py [--check]\n")
        return 2
    content = generate()
    count = "; ".join("%s: %d valid, %d invalid" % (
        name, sum(c["valid"] for c in entries), sum(not c["valid"] for c in entries))
        for name, entries in (("cases", CASES), ("responses", RESPONSES)))
    if arguments:
        try:
            with open(path, encoding="ascii", newline="") as file:
                same = file.read() == content
        except (OSError, UnicodeDecodeError):
            same = False
        print("docs/vectors/lacre1.json %s (%s)" % ("is up to date" if same else "DIFFERS", count))
        return 0 if same else 1
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(content)
    print("docs/vectors/lacre1.json written (%s)" % count)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
