"""The member `senders` of docs/vectors/lacre1.json: plain inputs, and what a sender makes of them or why it must not."""
import argparse
import base64
import hashlib
import re

import client
import lacre1
from lacre1 import HOST, T0, Refused, digest_field, encode_key

KEY = encode_key(bytes(range(32)))
SITE = "https://" + HOST
FIELDS = ("appId", "apiKey", "algorithm", "timestamp", "nonce", "method", "url", "target", "headers", "content", "named")


def split_url(url):
    """(scheme, host and port as written, path and query as written) of an http or https URL."""
    scheme, host, target = re.fullmatch(r"(https?)://([^/?#]*)([^#]*)(?:#.*)?", url).groups()
    return scheme, host, target if target.startswith("/") else "/" + target


def build(it):
    """The request that a sender makes who refuses nothing: lines, list, canonical request, MAC, Authorization."""
    scheme, host, _ = split_url(it["url"])
    lines = [["Host", host]] + it["headers"]
    content = base64.b64decode(it["content"])
    lower = [name.lower() for name, _ in lines]
    if content and "content-digest" not in lower:
        lines.append(["Content-Digest", digest_field(content)])
        lower.append("content-digest")
    named = [name.lower() for name in it["named"]]
    names = sorted(set(
        n for n in lower if n in named or not (lacre1.is_forbidden(n) or lacre1.is_left_unsigned(n))))
    values = dict(reversed([(name.lower(), lacre1.trim(value)) for name, value in lines]))
    values["host"] = lacre1.match_host(host, [scheme + "://" + host])
    first = lacre1.FIRST_LINE[it["algorithm"]]
    names_text = ";".join(names)
    text = lacre1.canonical_text(
        first, it["appId"], str(it["timestamp"]), it["nonce"], it["method"], it["target"],
        [(name, values[name]) for name in names], names_text)
    mac = lacre1.mac_hex(lacre1.decode_key(it["apiKey"]), it["algorithm"], text)
    authorization = lacre1.format_authorization(
        first, it["appId"], str(it["timestamp"]), it["nonce"], names_text, mac)
    return lines + [["Authorization", authorization]], names_text, text, mac, authorization


def refusal_of(it):
    """Why this must not be signed: what a verifier says of it once it is signed all the same. None where it may be."""
    try:
        lacre1.decode_key(it["apiKey"])
    except ValueError:
        return "key-malformed"
    scheme, host, _ = split_url(it["url"])
    record = {"apiKey": it["apiKey"], "algorithm": it["algorithm"], "state": "active"}
    request = {"method": it["method"], "target": it["target"], "headers": build(it)[0],
               "body": base64.b64decode(it["content"])}
    try:
        lacre1.verify(request, {it["appId"]: [record]}, it["timestamp"], [scheme + "://" + host])
    except Refused as refused:
        return refused.code
    return None


def signed_by_signer(it):
    """What the signer of this program makes of it; None where it refuses."""
    scheme, host, _ = split_url(it["url"])
    try:
        signed = lacre1.sign(
            it["appId"], lacre1.decode_key(it["apiKey"]), it["method"], it["target"],
            [("Host", host)] + [tuple(line) for line in it["headers"]], base64.b64decode(it["content"]),
            it["timestamp"], it["nonce"], lacre1.FIRST_LINE[it["algorithm"]], scheme,
            named=[name.lower() for name in it["named"]])
    except ValueError:
        return None
    return signed["canonicalRequest"], signed["mac"], signed["authorization"]


def signed_by_client(it):
    """What client.py makes of it; None where it refuses."""
    arguments = argparse.Namespace(
        app_id=it["appId"], algorithm=it["algorithm"], method=it["method"], url=it["url"], sign=it["named"],
        header=["%s: %s" % tuple(line) for line in it["headers"]])
    try:
        signed = client.sign(arguments, lacre1.decode_key(it["apiKey"]), base64.b64decode(it["content"]),
                             it["timestamp"], it["nonce"])[3]
    except ValueError:
        return None
    return signed["canonicalRequest"], signed["mac"], signed["authorization"]


def senders():
    """All of them, each held against the verifier, the signer and the client that are written in Python."""
    entries = [entry for part in (requests, urls, headers, refused_values, refused_headers) for entry in part()]
    names = [entry["name"] for entry in entries]
    assert len(names) == len(set(names)), "two senders of one name"
    for entry in entries:
        assert refusal_of(entry) == entry["refusal"], (entry["name"], refusal_of(entry))
        made = (entry["canonicalRequest"], entry["mac"], entry["authorization"]) if entry["valid"] else None
        assert signed_by_signer(entry) == made, (entry["name"], "the signer makes something else")
        if split_url(entry["url"])[2] == entry["target"]:  # the client takes its target from the URL
            assert signed_by_client(entry) == made, (entry["name"], "the client makes something else")
    return entries


def sender(name, about, refusal=None, appId="demo", apiKey=KEY, algorithm="sha256", timestamp=T0, nonce=None,
           method="GET", url=SITE + "/v1/items", target=None, headers=(), content=b"", named=()):
    """One of them. `target` is that of the URL as it is written, unless said."""
    if nonce is None:
        digest = hashlib.sha256(("sender " + name).encode("ascii")).digest()
        nonce = base64.urlsafe_b64encode(digest[:16]).decode("ascii").rstrip("=")
    given = (appId, apiKey, algorithm, timestamp, nonce, method, url, split_url(url)[2] if target is None else target,
             [list(line) for line in headers], base64.b64encode(content).decode("ascii"), list(named))
    entry = dict(zip(FIELDS, given))
    _, names_text, text, mac, authorization = build(entry) if refusal is None else [None] * 5
    return dict({"name": name, "valid": refusal is None, "about": about}, **entry, **{
        "refusal": refusal, "list": names_text, "canonicalRequest": text, "mac": mac, "authorization": authorization})


# ---------------------------------------------------------------- signed

def requests():
    yield sender("worked-example", "The worked example of the specification.", method="POST",
                 url=SITE + "/v1/items?tag=a%20b", nonce="c2FtcGxlLW5vbmNlLTAx",
                 headers=[("Content-Type", "application/json")], content=b'{"n":1}')
    yield sender("get", "Nothing but the URL.")
    yield sender("head", "HEAD is signed as HEAD.", method="HEAD")
    yield sender("method-hyphen", "A method may hold a hyphen.", method="M-SEARCH")
    yield sender("method-longest", "A method of 32 characters.", method="A" * 32)
    yield sender("content-none", "POST without content gets no digest.", method="POST")
    yield sender("content-every-byte", "Content is bytes, not text.", method="PUT", content=bytes(range(256)))
    yield sender("content-line-feed", "One byte is content, whichever it is.", method="POST", content=b"\n")
    yield sender("content-of-delete", "Content is signed on any method.", method="DELETE", content=b"x")
    yield sender("digest-of-nothing", "A digest of zero bytes that the caller sets is signed.", method="POST",
                 headers=[("Content-Digest", digest_field(b""))])
    yield sender("sha384", "HMAC-SHA384. The digest stays SHA-256.", algorithm="sha384", method="POST", content=b"x")
    yield sender("sha512", "HMAC-SHA512. The digest stays SHA-256.", algorithm="sha512", method="POST", content=b"x")
    yield sender("key-high-bytes", "A key of bytes that are no text.", apiKey=encode_key(bytes(range(224, 256))))
    yield sender("key-hyphens", "A key whose text has both characters that base64 has not.",
                 apiKey=encode_key(bytes([251, 239, 190]) * 5 + bytes(range(239, 256))))
    yield sender("app-id-punctuation", "Every kind of character of an app id.", appId="Az09-_.~")
    yield sender("app-id-longest", "An app id of 128 characters.", appId="Aa0-_.~z" * 16)
    yield sender("nonce-uuid", "A UUID as nonce.", nonce="3f2b8c1e-9d47-4c55-8a10-6f0e1d2c3b4a")
    yield sender("nonce-longest", "A nonce of 128 characters.", nonce="AZaz09-_" * 16)
    yield sender("timestamp-first", "The first second that has ten digits.", timestamp=1000000000)


def urls():
    for name, url, about in (
            ("capitals", "https://API.Example.TEST/v1/items", "The host is signed in lower case."),
            ("capitals-and-default-port", "https://API.Example.TEST:443/v1/items",
             "The host is signed in lower case, and without the default port."),
            ("port-80", "http://%s:80/v1/items" % HOST, "80 is the default port of http."),
            ("port-443-of-http", "http://%s:443/v1/items" % HOST, "443 is not the default port of http."),
            ("port-80-of-https", "https://%s:80/v1/items" % HOST, "80 is not the default port of https."),
            ("port-8443", "https://%s:8443/v1/items" % HOST, "Another port is signed."),
            ("port-4430", "https://%s:4430/v1/items" % HOST, "A port that begins as the default one does."),
            ("ipv4", "http://192.0.2.1:8080/v1/items", "An address with a port."),
            ("ipv6", "https://[2001:DB8::1]/v1/items", "Brackets stay; an address is in lower case too."),
            ("ipv6-port", "http://[2001:db8::1]:8080/v1/items", "The port stands behind the brackets."),
            ("ipv6-default-port", "https://[2001:db8::443]:443/v1/items", "The port alone is taken off."),
            ("ipv6-group-443", "https://[2001:db8::443]/v1/items", "The last group of an address is no port."),
            ("trailing-dot", "https://%s./v1/items" % HOST, "A dot at the end of the host is signed as it is sent.")):
        yield sender("host-" + name, about, url=url)
    for name, target, about in (
            ("root", "/", "The shortest target."),
            ("none", "", "A URL without a path has the target /."),
            ("none-but-query", "?a=1", "A URL without a path has a / before its query."),
            ("fragment", "/v1/items#top", "The fragment is not sent."),
            ("query-empty", "/v1/items?", "A bare ? is part of the target, where it is sent."),
            ("query-order", "/v1/items?b=2&a=1&b=1&a", "The query is neither sorted nor merged."),
            ("escapes", "/v1/a%2Fb%20c?q=a%20b+c%26d", "Escapes and + stay as they are."),
            ("lacre-in-value", "/lacre-x?a=lacre-&xlacre-b=1&lacre=2&lacre%252d",
             "lacre- counts at the start of a parameter's decoded name alone."),
            ("longest", "/" + "a" * 8191, "A target of 8192 bytes.")):
        yield sender("target-" + name, about, url=SITE + target)
    yield sender("target-query-dropped", "Where a library sends no bare ?, none is signed.", url=SITE + "/v1/items?",
                 target="/v1/items")


def headers():
    kind = ("Content-Type", "application/json")
    yield sender("content-type", "A Content-Type without content is signed.", headers=[kind])
    yield sender("content-type-value", "A value keeps its case, and what stands inside it.", method="POST", content=b"x",
                 headers=[("CONTENT-TYPE", 'Multipart/Form-Data; boundary="a  B,c:d"')])
    yield sender("minimum", "All that must be signed when it is sent.", method="POST", content=b"\x1f\x8b", headers=[
        ("Content-Encoding", "gzip"), ("Content-Language", "pt"), ("Content-Range", "bytes 0-1/2"), kind,
        ("Idempotency-Key", "k-1"), ("X-HTTP-Method", "PUT"), ("X-HTTP-Method-Override", "PUT"),
        ("X-Method-Override", "PUT")])
    yield sender("header", "A header of the caller's is signed.", headers=[("X-Tenant", "acme")])
    yield sender("header-empty", "An empty value leaves the name and the colon.", headers=[("X-Tenant", "")])
    yield sender("header-blanks", "Blanks round a value are not signed, those inside it are.",
                 headers=[("X-Tenant", " \t a  b \t")])
    yield sender("header-only-blanks", "A value of blanks alone is the empty value.", headers=[("X-Tenant", " \t ")])
    yield sender("header-punctuation", "All printable ASCII is signed as it is.",
                 headers=[("X-Tenant", "".join(map(chr, range(0x21, 0x7f))))])
    yield sender("header-order", "The list is sorted by byte: a hyphen before a digit before a letter.",
                 headers=[("x-ab", "1"), ("X-A-B", "2"), ("x-a", "3"), ("X-A0", "4")])
    yield sender("header-name-longest", "A name of 64 characters.", headers=[("x" + "-a" * 31 + "9", "1")])
    yield sender("headers-32", "32 signed names are the most.", headers=[("x-%02d" % i, str(i)) for i in range(31)])

    yield sender("unsigned", "What libraries, runtimes and proxies add is sent and left unsigned.",
                 headers=[(name.title(), "1") for name in sorted(lacre1.UNSIGNED_UNLESS_NAMED)] + [kind])
    yield sender("unsigned-prefixes", "So is every name that begins as theirs do.", headers=[
        (prefix + "x-1", "1") for prefix in lacre1.UNSIGNED_UNLESS_NAMED_PREFIXES] + [("Sec-Fetch-Mode", "cors")])
    yield sender("unsigned-looks", "What only looks like one of them is signed.", headers=[
        (name, "1") for name in ("accepts", "b3-x", "cf", "cfx-ray", "fly", "sec", "user-agent-x", "x-amzn",
                                 "x-envoys", "x-fly-1", "x-real-ip-2", "x-request-ids", "x-sec-a", "x-user-agent")])
    agent, identity = ("User-Agent", "orders/1"), ("X-Request-Id", "r-1")
    yield sender("named", "What its user names, a sender signs.", headers=[agent, identity], named=["user-agent"])
    yield sender("named-in-capitals", "Names have no case.", headers=[("user-agent", "orders/1"), identity],
                 named=["User-Agent", "X-REQUEST-ID"])
    yield sender("named-prefix", "One of many that begin alike is named.", named=["sec-fetch-site"],
                 headers=[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "none")])
    yield sender("named-and-absent", "A name that the request does not have is not in the list.", named=["user-agent"])
    yield sender("named-and-signed", "A name that is signed anyhow is in the list once.", headers=[kind],
                 named=["content-type", "host"])

    yield sender("never", "What may not be signed is sent and left out of the list.", headers=[
        ("Cookie", "a=b"), ("Forwarded", "for=192.0.2.1"), ("Via", "1.1 p"), ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-X", "1"), ("Proxy-Authorization", "Basic eA=="), ("Proxy-X", "1")])
    yield sender("never-looks", "What only looks like one of them is signed.", headers=[
        (name, "1") for name in ("cookies", "proxy", "via-x", "x-cookie", "x-forwarded", "x-proxy-a", "x-via")])


# ---------------------------------------------------------------- refused

def refused_values():
    for name, key, about in (
            ("line-feed", KEY + "\n", "The line feed at the end of a file is no part of the key."),
            ("blank", " " + KEY, "Blanks are no part of a key."),
            ("padding", KEY + "=", "A key has one spelling."),
            ("hexadecimal", bytes(range(32)).hex(), "No other encoding is guessed."),
            ("cut", KEY[:-1], "Less than 32 bytes."),
            ("other-bits", KEY[:-1] + "9", "Bits after the last byte are none of the key's.")):
        yield sender("key-" + name, about, "key-malformed", apiKey=key)
    for name, app_id in (("empty", ""), ("129", "d" * 129), ("at-sign", "demo@x"), ("key", KEY)):
        yield sender("app-id-" + name, "An app id outside its grammar.", "app-id-malformed", appId=app_id)
    for name, timestamp in (("nine-digits", 999999999), ("milliseconds", T0 * 1000), ("zero", 0)):
        yield sender("timestamp-" + name, "A clock that counts otherwise, or is not set.", "timestamp-malformed",
                     timestamp=timestamp)
    for name, nonce in (("15", "n" * 15), ("129", "n" * 129), ("base64", "c2FtcGxlLW5vbmNl+/Ax"),
                        ("padding", "c2FtcGxlLW5vbmNlLTA=")):
        yield sender("nonce-" + name, "A nonce outside its grammar.", "nonce-malformed", nonce=nonce)
    for name, method in (("small-letters", "get"), ("mixed", "Post"), ("connect", "CONNECT"), ("trace", "TRACE"),
                         ("empty", ""), ("33", "A" * 33), ("line-feed", "GET\n")):
        yield sender("method-" + name, "A method outside the grammar, or one that is never signed.", "method-refused",
                     method=method)
    for name, target in (("blank", "/v1/a b"), ("hash", "/v1/items#top"), ("non-ascii", "/v1/caf\xc3\xa9"),
                         ("line-feed", "/v1/items\n"), ("no-slash", "v1/items"), ("too-long", "/" + "a" * 8192)):
        yield sender("target-" + name, "A target outside the grammar.", "target-malformed", target=target)
    for name, query in (("lower", "lacre-x=1"), ("upper", "a=1&LACRE-X"), ("escaped", "%4Cacre%2dNonce=1"),
                        ("escape-at-end", "lacre%2d"), ("escape-at-end-upper", "a&lacre%2D")):
        yield sender("lacre-parameter-" + name, "A request has one kind of credentials.", "credentials-repeated",
                     url="%s/v1/items?%s" % (SITE, query))


def refused_headers():
    for name, value in (("utf8", "caf\xc3\xa9"), ("latin1", "caf\xe9"), ("tab", "a\tb"), ("line-feed", "a\nb"),
                        ("carriage-return", "a\rb"), ("nul", "a\0b"), ("delete", "a\x7fb"), ("nbsp-at-end", "acme\xa0")):
        yield sender("value-" + name, "A signed value holds printable ASCII alone.", "header-malformed",
                     headers=[("X-Tenant", value)])
    for name, first, second in (("other-value", ("X-Tenant", "a"), ("X-Tenant", "b")),
                                ("same", ("X-Tenant", "a"), ("X-Tenant", "a")),
                                ("other-case", ("X-Tenant", "a"), ("x-tenant", "a")),
                                ("content-type", ("Content-Type", "a/b"), ("content-type", "a/b"))):
        yield sender("twice-" + name, "A signed header stands on one line.", "header-repeated", headers=[first, second])
    for name, header in (("underscore", "X_Tenant"), ("dot", "X.Tenant"), ("65", "x" * 65), ("digit-first", "1x"),
                         ("hyphen-first", "-x"), ("unsigned-with-underscore", "User_Agent"),
                         ("never-with-underscore", "X_Forwarded_For")):
        yield sender("name-" + name, "A name that cannot be signed.", "signed-headers-malformed", headers=[(header, "1")])
    yield sender("twin", "Two names that some servers take for one.", "signed-headers-malformed",
                 headers=[("X-Tenant", "a"), ("X_Tenant", "b")])
    yield sender("headers-33", "More names than a list may have.", "signed-headers-malformed",
                 headers=[("x-%02d" % i, "1") for i in range(32)])
    yield sender("headers-33-with-digest", "Host and digest count too.", "signed-headers-malformed", content=b"x",
                 method="POST", headers=[("x-%02d" % i, "1") for i in range(31)])
    for name, header in (("cookie", "Cookie"), ("prefix", "x-forwarded-for")):
        yield sender("named-never-" + name, "A name that may not be signed is not signed for being named.",
                     "header-forbidden", headers=[(header, "1")], named=[header.lower()])
