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

MAX_HEADER = 4096
MAX_TARGET = 8192
MAX_NAMES = 32
ABSURD = 86400
MAX_AGE = 300
FUTURE_SKEW = 5
PARAMS = ("Credential", "Timestamp", "Nonce", "SignedHeaders", "Signature")
ALGORITHMS = {"LACRE1-HMAC-SHA256": "sha256", "LACRE1-HMAC-SHA384": "sha384", "LACRE1-HMAC-SHA512": "sha512"}
HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
DIGESTS = {"sha-256": ("sha256", 44), "sha-512": ("sha512", 88)}
MUST_SIGN_IF_PRESENT = (
    "content-digest", "content-type", "content-encoding", "content-language", "content-range",
    "idempotency-key", "x-http-method", "x-http-method-override", "x-method-override")
FORBIDDEN = frozenset((
    "authorization", "connection", "content-length", "cookie", "expect", "forwarded", "keep-alive",
    "te", "trailer", "transfer-encoding", "upgrade", "via"))
FORBIDDEN_PREFIXES = ("proxy-", "x-forwarded-")

APP_ID = re.compile(r"[A-Za-z0-9\-_.~]{1,128}")
TIMESTAMP = re.compile(r"[1-9][0-9]{9}")
NONCE = re.compile(r"[A-Za-z0-9\-_]{16,128}")
NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
METHOD = re.compile(r"[A-Z-]+")
TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*")
VALUE = re.compile(r"[\x20-\x7e]*")
DIGEST = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):")
API_KEY = re.compile(r"lk1_[A-Za-z0-9_-]{43}")


class Refused(Exception):
    """A request that is not accepted; `code` is one of the protocol's refusal codes."""

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


def canonical_text(first, app_id, timestamp, nonce, method, target, fields, names_text):
    """The canonical request. `fields` are (name, value) pairs, already trimmed."""
    head = [first, app_id, timestamp, nonce, method, target]
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


def has_lacre_parameter(target):
    """Whether a query parameter's decoded name begins with lacre- in any case."""
    for part in target.partition("?")[2].split("&"):
        name = part.partition("=")[0].replace("+", " ")
        name = re.sub(r"%([0-9A-Fa-f]{2})", lambda m: chr(int(m.group(1), 16)), name)
        if name.lower().startswith("lacre-"):
            return True
    return False


# ---------------------------------------------------------------- signer

def sign(app_id, key, method, target, headers, body=b"", timestamp=0, nonce="", algorithm="LACRE1-HMAC-SHA256",
         scheme="https", names=None):
    """Sign a request. `headers` is a list of (name, value) and holds Host.

    Returns a dict: headers (to send, Authorization last), canonicalRequest, mac, authorization.
    Adds Content-Digest if there is content and the field is not given. Signs every header that may be
    signed unless `names` says which. Raises ValueError for whatever a verifier would refuse.
    """
    def need(condition, what):
        if not condition:
            raise ValueError("cannot sign: " + what)

    lines = [(n, v) for n, v in headers]
    lower = [n.lower() for n, _ in lines]
    if body and "content-digest" not in lower:
        lines.append(("Content-Digest", digest_field(body)))
        lower.append("content-digest")
    need(algorithm in ALGORITHMS, "algorithm")
    need(APP_ID.fullmatch(app_id), "app id")
    need(TIMESTAMP.fullmatch(str(timestamp)), "timestamp")
    need(NONCE.fullmatch(nonce), "nonce")
    need(METHOD.fullmatch(method) and method not in ("CONNECT", "TRACE"), "method")
    need(TARGET.fullmatch(target) and len(target) <= MAX_TARGET, "target")
    need(not has_lacre_parameter(target), "a query parameter named lacre-")
    need("authorization" not in lower, "there is an Authorization header already")
    if names is None:
        names = sorted(n for n in lower if not is_forbidden(n))
    need(names == sorted(set(names)) and 0 < len(names) <= MAX_NAMES, "list of signed headers")
    need("host" in names, "host is not signed")
    for must in MUST_SIGN_IF_PRESENT:
        need(must not in lower or must in names, must + " is not signed")
    fields = []
    for name in names:
        need(NAME.fullmatch(name) and not is_forbidden(name), "header " + name)
        need(lower.count(name) == 1, name + " occurs not exactly once")
        need(not any(n != name and n.replace("_", "-") == name for n in lower), name + " has a twin")
        value = trim(lines[lower.index(name)][1])
        need(VALUE.fullmatch(value), "value of " + name)
        if name == "host":
            value = match_host(value, [scheme + "://" + value])
        if name == "content-digest":
            match = DIGEST.fullmatch(value)
            need(match and digest_field(body, match.group(1)) == value, "content-digest")
        fields.append((name, value))
    text = canonical_text(algorithm, app_id, str(timestamp), nonce, method, target, fields, ";".join(names))
    mac = mac_hex(key, ALGORITHMS[algorithm], text)
    authorization = format_authorization(algorithm, app_id, str(timestamp), nonce, ";".join(names), mac)
    return {"headers": lines + [("Authorization", authorization)], "canonicalRequest": text, "mac": mac,
            "authorization": authorization}


def format_authorization(algorithm, *values):
    return algorithm + " " + ", ".join("%s=%s" % pair for pair in zip(PARAMS, values))


# ---------------------------------------------------------------- verifier

def parse_authorization(value):
    """Step 3: the grammar of the whole list, before any value is looked at."""
    if value[:7].lower() != "lacre1-":
        raise Refused("credentials-missing")
    if len(value) > MAX_HEADER:
        raise Refused("credentials-malformed")
    first, space, rest = value.partition(" ")
    if first not in ALGORITHMS or not space:
        raise Refused("credentials-malformed")
    params = {}
    for index, item in enumerate(rest.split(",")):
        if index > 0 and item.startswith(" "):
            item = item[1:]
        name, equals, content = item.partition("=")
        if not equals or name not in PARAMS or name in params or re.search(r'[ \t"]', content):
            raise Refused("credentials-malformed")
        params[name] = content
    if len(params) != len(PARAMS):
        raise Refused("credentials-malformed")
    return first, params


def check_names(text):
    names = text.split(";")
    if len(names) > MAX_NAMES or not all(NAME.fullmatch(n) for n in names):
        raise Refused("signed-headers-malformed")
    if any(a >= b for a, b in zip(names, names[1:])):
        raise Refused("signed-headers-malformed")
    if any(is_forbidden(n) for n in names):
        raise Refused("header-forbidden")
    return names


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
    live = [r for r in records
            if r["algorithm"] == algorithm and r["state"] in ("active", "accept-only")
            and r.get("notBefore", now) <= now and ("expiresAt" not in r or now < r["expiresAt"])]
    return live[:2]


def verify(request, apps, now, origins, route_names=(), max_age=MAX_AGE, future_skew=FUTURE_SKEW, seen=None):
    """The app id of an accepted request; raises Refused otherwise.

    request: method, target (str), headers (list of [name, value], as received), body (bytes).
    apps: app id -> list of key records. seen: a set of claimed (app id, nonce).
    """
    seen = set() if seen is None else seen
    lines = [(name.lower(), value) for name, value in request["headers"]]

    def values(name):
        return [v for n, v in lines if n == name]

    def twin(name):
        return any(n != name and n.replace("_", "-") == name for n, _ in lines)

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

    # step 2, the scheme, and step 3, its credentials
    authorization = values("authorization")
    if not authorization:
        raise Refused("credentials-missing")
    if len(authorization) > 1:
        raise Refused("credentials-repeated")
    first, params = parse_authorization(trim(authorization[0]))
    algorithm = ALGORITHMS[first]
    app_id, timestamp, nonce = params["Credential"], params["Timestamp"], params["Nonce"]
    if not APP_ID.fullmatch(app_id):
        raise Refused("app-id-malformed")
    if not TIMESTAMP.fullmatch(timestamp):
        raise Refused("timestamp-malformed")
    if not NONCE.fullmatch(nonce):
        raise Refused("nonce-malformed")
    names = check_names(params["SignedHeaders"])
    if not re.fullmatch("[0-9a-f]{%d}" % HEX_LENGTH[algorithm], params["Signature"]):
        raise Refused("signature-malformed")

    # two kinds of credentials
    if has_lacre_parameter(target):
        raise Refused("credentials-repeated")

    # signed headers
    fields = []
    for name in names:
        found = values(name)
        if twin(name):
            raise Refused("header-ambiguous")
        if not found:
            raise Refused("header-missing")
        if len(found) > 1:
            raise Refused("header-repeated")
        value = trim(found[0])
        if not VALUE.fullmatch(value):
            raise Refused("header-malformed")
        fields.append((name, host if name == "host" else value))

    # the minimum
    for name in MUST_SIGN_IF_PRESENT:
        if len(values(name)) > 1:
            raise Refused("header-repeated")
        if twin(name):
            raise Refused("header-ambiguous")
    if "host" not in names:
        raise Refused("header-unsigned")
    for name in MUST_SIGN_IF_PRESENT:
        if values(name) and name not in names:
            raise Refused("header-unsigned")

    # digest grammar
    digest = check_digest(dict(fields)["content-digest"]) if "content-digest" in names else None

    # step 4, absurd time
    now = int(now // 1)
    time = int(timestamp)
    if abs(now - time) > ABSURD:
        raise Refused("timestamp-absurd")

    # steps 5 to 7, keys and MAC
    records = apps.get(app_id)
    keys = live_keys(records or [], algorithm, now)
    text = canonical_text(first, app_id, timestamp, nonce, method, target, fields, params["SignedHeaders"])
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
    if body and digest is None:
        raise Refused("content-undigested")
    if digest is not None and not hmac.compare_digest(hashlib.new(digest[0], body).digest(), digest[1]):
        raise Refused("content-mismatch")

    # step 9, the route's own names
    for name in route_names:
        if name not in names:
            raise Refused("header-unsigned")

    # step 10, window. An authentic request from the future uses its nonce up.
    if now < time - future_skew:
        seen.add((app_id, nonce))
        raise Refused("timestamp-too-new")
    if now > time + max_age:
        raise Refused("timestamp-too-old")

    # nonce
    if (app_id, nonce) in seen:
        raise Refused("nonce-seen")
    seen.add((app_id, nonce))
    return app_id


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
}
FIRST_LINE = dict((v, k) for k, v in ALGORITHMS.items())
CASES = []


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

    fields = ([["Host", host]] if host is not None else []) + [[n, v] for n, v in headers]
    if body and digest:
        fields.append(["Content-Digest", digest_field(body)])
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
    canonical = canonical_text(
        macked.get("first", first), macked.get("app", app), str(macked.get("timestamp", timestamp)),
        macked.get("nonce", nonce), macked.get("method", method), macked.get("target", target),
        [(n, values.get(n, "")) for n in mac_list.split(";") if n], mac_list)
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
               "bodyBase64": base64.b64encode(sent.get("body", body)).decode("ascii")}

    if refusal is None:
        # A valid case must be what the public signer makes.
        scheme = [o.partition("://")[0] for o in origins if match_host(host, [o])][0]
        signed = sign(app, raw, method, target, fields, body, timestamp, nonce, first, scheme, list_text.split(";"))
        assert (signed["canonicalRequest"], signed["mac"]) == (canonical, made), name
    CASES.append({
        "name": name, "valid": refusal is None, "about": about, "now": now, "origins": origins,
        "signedHeaders": list(route), "request": request, "canonicalRequest": canonical, "mac": made,
        "authorization": authorization, "refusal": refusal})


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
             "lacre- counts only at the start of a parameter's name.")):
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
                         ("-escaped", "/v1/items?%4Cacre%2dNonce=1"), ("-after-empty", "/v1/items?&LACRE-=1")):
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
                         ("underscore", "GET_X"), ("digit", "GET1"), ("empty", "")):
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


REFUSALS = frozenset("""
credentials-missing credentials-repeated credentials-malformed app-id-malformed timestamp-malformed nonce-malformed
signed-headers-malformed header-forbidden signature-malformed method-refused target-malformed host-unknown
header-missing header-repeated header-unsigned header-ambiguous header-malformed digest-malformed
transfer-coding-refused timestamp-absurd app-unknown key-unusable signature-mismatch content-undigested
content-mismatch timestamp-too-old timestamp-too-new nonce-seen""".split())


def judge(entry, seen=None):
    request = dict(entry["request"], body=base64.b64decode(entry["request"]["bodyBase64"]))
    try:
        verify(request, APPS, entry["now"], entry["origins"], entry["signedHeaders"], seen=seen)
    except Refused as refused:
        return refused.code
    return None


def generate():
    del CASES[:]
    for part in (valid_cases, credential_cases, value_cases, request_cases, digest_cases, mac_cases,
                 key_and_time_cases):
        part()
    for entry in CASES:
        if entry["name"] in ("no-authorization", "authorization-empty", "authorization-basic"):
            # Nothing that was MACed arrives.
            entry["canonicalRequest"] = entry["mac"] = None
            if entry["name"] == "no-authorization":
                entry["authorization"] = None
    self_check()
    return json.dumps({
        "protocol": "LACRE1", "version": 1, "generator": "test/vectors/lacre1.py",
        "maxAge": MAX_AGE, "futureSkew": FUTURE_SKEW,
        "apps": [{"appId": app_id, "keys": keys} for app_id, keys in APPS.items()],
        "cases": CASES}, indent=1) + "\n"


def self_check():
    names = [entry["name"] for entry in CASES]
    assert len(names) == len(set(names)), "two cases of one name"
    keys = [r["apiKey"] for ring in APPS.values() for r in ring]
    assert len(keys) == len(set(keys)), "one secret, one record"
    for entry in CASES:
        verdict = judge(entry)
        assert verdict == entry["refusal"], (entry["name"], "expected", entry["refusal"], "got", verdict)
        assert entry["refusal"] is None or entry["refusal"] in REFUSALS, entry["name"]
        assert all(ord(c) < 256 for line in entry["request"]["headers"] for c in line[1]), entry["name"]
    hunted = set(entry["refusal"] for entry in CASES)
    assert hunted >= REFUSALS - {"nonce-seen"}, REFUSALS - hunted
    example = CASES[names.index("worked-example")]
    assert example["mac"] == "e7dae6ec7a9b250b77d1403574183485fd4428c1f83280ebf8f9a8c9a7c06565"
    for name, length in (("authorization-4096", 4096), ("authorization-4097", 4097), ("authorization-longest", 2491)):
        assert len(CASES[names.index(name)]["authorization"]) == length, name
    # The nonce, which is no part of the cases: at most once, not burnt by a refusal, burnt by one from the future.
    seen = set()
    assert (judge(example, seen), judge(example, seen)) == (None, "nonce-seen")
    seen = set()
    assert judge(CASES[names.index("content-changed")], seen) == "content-mismatch" and not seen
    future = CASES[names.index("timestamp-too-new")]
    assert judge(future, seen) == "timestamp-too-new" and len(seen) == 1
    assert judge(dict(future, now=T0), seen) == "nonce-seen"


def main(arguments):
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.path.normpath(os.path.join(here, "..", "..", "docs", "vectors", "lacre1.json"))
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: lacre1.py [--check]\n")
        return 2
    content = generate()
    count = "%d valid, %d invalid" % (sum(c["valid"] for c in CASES), sum(not c["valid"] for c in CASES))
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
