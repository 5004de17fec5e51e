"""A client for LACRE1 (docs/protocol.md) in one file, on Python's standard library. Python 3.8 or newer.

    client = Client(app_id, api_key)                        # or Client(app_id, api_key, "sha512")
    answer = client.request("POST", "https://api.example.com/orders",
                            {"Content-Type": "application/json"}, b'{"item":"tea"}')
    client.verify_response(
        answer.request_signature, answer.status, answer.headers, answer.content, answer.request_method)
    requests.get(url, auth=LacreAuth(app_id, api_key), allow_redirects=False)   # if `requests` is installed

`verify_response` is for servers that sign their answers. The tests of the project run this file: of the vectors in
docs/vectors/lacre1.json all senders, keys and answers and every request that a sender can make, and real requests with
urllib and with requests.
"""
import base64
import hashlib
import hmac
import http.client
import io
import re
import secrets
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Iterable, List, Mapping, NamedTuple, Optional, Tuple, Union

try:
    import requests
    import requests.auth
except ImportError:  # everything but LacreAuth and LacreSession works without it
    requests = None

HeaderLines = List[Tuple[str, str]]

APP_ID = re.compile(r"(?!lk1_)[A-Za-z0-9._~-]{1,128}")
API_KEY = re.compile(r"lk1_([A-Za-z0-9_-]{43})")
NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}")
METHOD = re.compile(r"(?!(?:CONNECT|TRACE)\Z)[A-Z-]{1,32}")
TARGET = re.compile(r"/[\x21\x22\x24-\x7e]{0,8191}")
HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
SIGNED_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
URL = re.compile(r"https?://[^/?#]", re.IGNORECASE)
PRINTABLE = re.compile(r"[\x20-\x7e]*")
TIMESTAMP = re.compile(r"[1-9][0-9]{9}")
# Section 5: strict base64, so without stray bits in the last character.
DIGEST = re.compile(r"sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:|sha-512=:[A-Za-z0-9+/]{85}[AQgw]==:")
# A query parameter whose decoded name begins with "lacre-" (section 12).
LACRE_PARAMETER = re.compile(
    r"(?:^|&)(?:l|%[46]c)(?:a|%[46]1)(?:c|%[46]3)(?:r|%[57]2)(?:e|%[46]5)(?:-|%2d)", re.IGNORECASE)

# Section 4: proxies change these, so they travel unsigned; so does every `proxy-…` and `x-forwarded-…`.
UNSIGNABLE = {"connection", "cookie", "expect", "forwarded", "keep-alive", "te", "trailer", "upgrade", "via"}
# Section 4: others add or rewrite these, so they travel unsigned unless `signed_headers` names them.
UNSIGNED_UNLESS_NAMED = re.compile(
    "accept|accept-charset|accept-encoding|accept-language|alt-used|b3|baggage|cache-control|cdn-loop|dnt"
    "|early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip"
    "|upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id"
    "|(?:cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*")
# What this client sets itself, so that there is never a second line.
OURS = {"authorization", "content-length", "host", "transfer-encoding"}
# Section 11: signed whenever the response carries them.
RESPONSE_MINIMUM = ("content-digest", "content-encoding", "content-type", "lacre-clock", "location", "retry-after")


class LacreError(ValueError):
    """A request that no server would accept, or an answer that is not what the server signed."""


class Signed(NamedTuple):
    """What `sign` gives: send `headers`, all of them, and nothing changed."""

    headers: HeaderLines  # the caller's, Content-Digest and Authorization; the HTTP library sends Host itself
    authorization: str
    signature: str  # verify_response asks for it
    canonical_request: str


class Response(NamedTuple):
    status: int
    headers: HeaderLines  # one pair for each line received
    content: bytes
    request_signature: str
    request_method: str


class Client:
    """Signs for one app. Keeps nothing between two requests.

    `signed_headers` names headers to sign that section 4 leaves unsigned, such as x-request-id, where you set them.
    """

    def __init__(self, app_id: str, api_key: str, algorithm: str = "sha256", signed_headers: Iterable[str] = ()):
        if not _fits(APP_ID, app_id):
            raise LacreError("app_id: 1 to 128 letters, digits and - _ . ~, and not what begins as keys do")
        if algorithm not in ("sha256", "sha384", "sha512"):
            raise LacreError("algorithm: sha256, sha384 or sha512")
        self.app_id = app_id
        self._key = read_api_key(api_key)
        self._hash = algorithm
        self._algorithm = "LACRE1-HMAC-" + algorithm.upper()
        self._signed_headers = set()
        for name in signed_headers:
            if not _fits(NAME, name) or _is_forbidden(name.lower()):
                raise LacreError("signed_headers: names of headers, none that section 4 forbids")
            self._signed_headers.add(name.lower())

    def sign(self, method: str, scheme: str, host: str, target: str,
             headers: Union[Mapping[str, str], Iterable[Tuple[str, str]]] = (), content: bytes = b"",
             timestamp: Optional[int] = None, nonce: Optional[str] = None) -> Signed:
        """Signs a request in the form in which it will be sent; `target` is path and query, byte for byte.

        Every header given is sent, and signed but for those of section 4. Every call is a new attempt with a time and a
        nonce of its own; only tests give them.
        """
        timestamp = int(time.time()) if timestamp is None else timestamp
        nonce = _base64url(secrets.token_bytes(16)) if nonce is None else nonce
        if not _fits(METHOD, method):
            raise LacreError("method: capitals only, neither CONNECT nor TRACE")
        if not _fits(TARGET, target):
            raise LacreError("target: begins with /, printable ASCII without # and spaces, at most 8192 characters")
        if LACRE_PARAMETER.search(target.partition("?")[2]):
            raise LacreError("target: a query parameter may not begin with lacre-")
        if not _fits(HOST, host):
            raise LacreError("host: a name or an address, with or without a port")
        if not _fits(NONCE, nonce) or not TIMESTAMP.fullmatch(str(timestamp)):
            raise LacreError("nonce or timestamp: outside its grammar")

        content = _as_bytes(content)
        lines = []
        values = {}
        for name, value in _pairs(headers):
            lower, value = name.lower(), value.strip(" \t")
            if lower in OURS:
                raise LacreError(name + ": set by this client, so leave it out")
            if not NAME.fullmatch(name):
                raise LacreError("header name %a: at most 64 letters, digits and hyphens, a letter first" % name)
            if lower in values:
                raise LacreError(name + ": set twice")
            if not PRINTABLE.fullmatch(value):
                raise LacreError(name + ": only printable ASCII can be signed")
            values[lower] = value
            lines.append((name, value))
        if "content-digest" in values:
            if values["content-digest"] not in _digests(content):
                raise LacreError("Content-Digest: not the sha-256 or sha-512 of the content")
        elif content:
            values["content-digest"] = _digests(content)[0]
            lines.append(("Content-Digest", values["content-digest"]))
        values["host"] = _without_default_port(scheme, host)

        names = sorted(name for name in values if not _is_unsignable(name)
                       and (name in self._signed_headers or not UNSIGNED_UNLESS_NAMED.fullmatch(name)))
        if len(names) > 32:
            raise LacreError("headers: at most 32 can be signed, host and Content-Digest among them")
        signed_headers = ";".join(names)
        text = "\n".join(
            [self._algorithm, self.app_id, str(timestamp), nonce, method, target]
            + [name + ":" + values[name] for name in names]
            + ["", signed_headers])
        signature = self._mac(text)
        authorization = "%s Credential=%s, Timestamp=%d, Nonce=%s, SignedHeaders=%s, Signature=%s" % (
            self._algorithm, self.app_id, timestamp, nonce, signed_headers, signature)
        return Signed(lines + [("Authorization", authorization)], authorization, signature, text)

    def request(self, method: str, url: str,
                headers: Union[Mapping[str, str], Iterable[Tuple[str, str]]] = (),
                content: bytes = b"", timeout: float = 30) -> Response:
        """Sends one signed request with urllib. Follows no redirect and never sends anything a second time.

        `timeout` is for the whole, in seconds. Only looking up the name of the host cannot be stopped, and each of its
        addresses may take as long again to connect. What comes too late raises socket.timeout, or URLError with it.
        """
        deadline = time.monotonic() + timeout
        headers, content = _pairs(headers), _as_bytes(content)
        if not isinstance(url, str) or not URL.match(url):
            raise LacreError("url: begins with http:// or https:// and a host")
        if content and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/octet-stream"))  # else urllib would add another, unsigned
        request = urllib.request.Request(url, data=content or None, method=method)
        request.lacre_deadline = deadline
        # `selector` is what urllib will send, whatever it made of the URL.
        signed = self.sign(method, request.type, request.host, request.selector or "/", headers, content)
        for name, value in signed.headers:
            request.add_unredirected_header(name, value)
        try:
            answer = _opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:  # an answer like any other: 3xx, 4xx, 5xx
            answer = error
        with answer:
            return Response(answer.getcode(), answer.headers.items(), answer.read(), signed.signature, method)

    def verify_response(self, request_signature: str, status: int, headers: Iterable[Tuple[str, str]],
                        content: bytes, method: str = "GET") -> int:
        """Checks a signed answer (section 11) to the request that has this signature. Gives the server's time.

        `headers` are the lines as received, `content` the bytes before any decompression, `method` that of the
        request: the answer to a HEAD has no content. The message of the error has the fault of section 11.
        """
        lines = {}
        for name, value in headers:
            lines.setdefault(name.lower(), []).append(value.strip(" \t"))
        twins = {name.replace("_", "-") for name in lines if "_" in name}

        fields = lines.get("lacre-signature", [])  # 1
        if not fields:
            raise _fault("signature-missing", "nobody who has the key made this answer")
        if len(fields) > 1:
            raise _fault("signature-repeated", "more than one Lacre-Signature")
        timestamp, names, signature = self._read_signature(fields[0])  # 2
        for name in names:  # 3
            if name in twins:
                raise _fault("header-ambiguous", name)
            if name not in lines:
                raise _fault("header-missing", name)
            if len(lines[name]) > 1:
                raise _fault("header-repeated", name)
            if not PRINTABLE.fullmatch(lines[name][0]):
                raise _fault("header-malformed", name)
        text = "\n".join(
            [self._algorithm + "-RESPONSE", self.app_id, request_signature, timestamp, "%03d" % status]
            + [name + ":" + lines[name][0] for name in names]
            + ["", ";".join(names)])
        if not hmac.compare_digest(self._mac(text), signature):  # 4
            raise _fault("signature-mismatch", "not signed by the server for this request, or changed on its way")
        for name in RESPONSE_MINIMUM:  # 5
            if name in twins:
                raise _fault("header-ambiguous", name)
            if len(lines.get(name, [])) > 1:
                raise _fault("header-repeated", name)
        for name in RESPONSE_MINIMUM:
            if name in lines and name not in names:
                raise _fault("header-unsigned", name)
        digest = lines.get("content-digest", [None])[0]
        if digest is not None and not DIGEST.fullmatch(digest):  # 6
            raise _fault("digest-malformed", "Content-Digest")
        if method == "HEAD" or status in (204, 304):  # 7; whatever their fields say, nothing follows
            if content:
                raise _fault("content-mismatch", "this answer has no content")
        elif digest is None:
            if content:
                raise _fault("content-undigested", "content without a signed Content-Digest")
        elif digest not in _digests(content):
            raise _fault("content-mismatch", "the content is not what was signed")
        return int(timestamp)

    def _read_signature(self, value: str) -> Tuple[str, List[str], str]:
        """Time, names and MAC of a Lacre-Signature field: each of the three parameters once, in any order."""
        algorithm, _, rest = value.partition(" ")
        pairs = [(part[1:] if i > 0 and part.startswith(" ") else part).partition("=")
                 for i, part in enumerate(rest.split(","))]
        parameters = {name: text for name, _, text in pairs}
        names = parameters.get("SignedHeaders", "").split(";") if parameters.get("SignedHeaders") else []
        if (len(value) > 4096 or algorithm != self._algorithm + "-RESPONSE" or len(pairs) != 3
                or not all(equals for _, equals, _ in pairs) or set(parameters) != {"Timestamp", "SignedHeaders", "Signature"}
                or not TIMESTAMP.fullmatch(parameters["Timestamp"])
                or names != sorted(set(names)) or len(names) > 32
                or not all(SIGNED_NAME.fullmatch(name) and not _is_forbidden(name) for name in names)
                or not re.fullmatch("[0-9a-f]{%d}" % (2 * hashlib.new(self._hash).digest_size), parameters["Signature"])):
            raise _fault("signature-malformed", "Lacre-Signature")
        return parameters["Timestamp"], names, parameters["Signature"]

    def _mac(self, text: str) -> str:
        return hmac.new(self._key, text.encode("ascii"), self._hash).hexdigest()


def read_api_key(text: str) -> bytes:
    """The 32 bytes of an ApiKey. Strict: decoded, encoded again and compared."""
    match = _fits(API_KEY, text)
    key = base64.urlsafe_b64decode(match.group(1) + "=") if match else b""
    if not match or _base64url(key) != match.group(1):
        raise LacreError("api_key: lk1_ and 43 characters of base64url, without white space")
    return key


def _fits(pattern, text):
    return pattern.fullmatch(text) if isinstance(text, str) else None


def _as_bytes(content) -> bytes:
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise LacreError("content: bytes, so encode a text first")
    return bytes(content)


def _pairs(headers) -> HeaderLines:
    try:
        pairs = [(name, value) for name, value in (headers.items() if isinstance(headers, Mapping) else headers)]
    except (TypeError, ValueError):
        raise LacreError("headers: a mapping, or pairs of name and value") from None
    for name, value in pairs:
        if not isinstance(name, str):
            raise LacreError("header name %a: not a str" % (name,))
        if not isinstance(value, str):
            raise LacreError("%s: its value is not a str" % name)
    return pairs


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _digests(content: bytes) -> List[str]:
    """The two values of Content-Digest that say what these bytes are, sha-256 first."""
    return ["sha-%d=:%s:" % (bits, base64.b64encode(make(content).digest()).decode("ascii"))
            for bits, make in ((256, hashlib.sha256), (512, hashlib.sha512))]


def _without_default_port(scheme: str, host: str) -> str:
    port = {"https": ":443", "http": ":80"}.get(scheme)
    if port is None:
        raise LacreError("scheme: https or http")
    host = host.lower()
    return host[:-len(port)] if host.endswith(port) else host


def _is_unsignable(name: str) -> bool:
    return name in UNSIGNABLE or name.startswith(("proxy-", "x-forwarded-"))


def _is_forbidden(name: str) -> bool:
    """Whether section 4 forbids that this name is signed; `host` is signed, though the caller does not set it."""
    return _is_unsignable(name) or name in OURS and name != "host"


def _fault(fault: str, detail: str) -> LacreError:
    return LacreError("response: %s: %s" % (fault, detail))


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class _UntilDeadline(io.RawIOBase):
    """What a socket receives, until a time of time.monotonic(): the timeout of a socket is for each read."""

    def __init__(self, sock, deadline):
        self._sock, self._raw, self._deadline = sock, sock.makefile("rb", buffering=0), deadline

    def readable(self):
        return True

    def readinto(self, buffer):
        self._sock.settimeout(_until(self._deadline))
        return self._raw.readinto(buffer)

    def close(self):
        self._raw.close()
        super().close()


def _until(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out: the answer was not there in time")
    return left


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock, *args, deadline, **kwargs):
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_UntilDeadline(sock, deadline))

    def begin(self):
        super().begin()
        while 101 < self.status < 200:  # http.client passes over 100 alone
            self.headers = None
            super().begin()


class _Open:
    def do_open(self, http_class, req, **http_conn_args):
        deadline = req.lacre_deadline

        class Connection(http_class):
            def connect(self):
                super().connect()
                self.sock.settimeout(_until(deadline))

            @staticmethod
            def response_class(*args, **kwargs):
                return _Answer(*args, deadline=deadline, **kwargs)

        return super().do_open(Connection, req, **http_conn_args)


class _Http(_Open, urllib.request.HTTPHandler):
    pass


class _Https(_Open, urllib.request.HTTPSHandler):
    pass


_opener = urllib.request.build_opener(_NoRedirects, _Http, _Https)


if requests is not None:

    class LacreAuth(requests.auth.AuthBase):
        """Signs what `requests` prepared: requests.get(url, auth=LacreAuth(app_id, api_key), allow_redirects=False).

        For servers that sign their answers: auth.client.verify_response(
            answer.request.lacre.signature, answer.status_code, answer.raw.headers.items(), answer.content,
            answer.request.method)
        """

        def __init__(self, app_id: str, api_key: str, algorithm: str = "sha256", signed_headers: Iterable[str] = ()):
            self.client = Client(app_id, api_key, algorithm, signed_headers)

        def __call__(self, prepared):
            before = getattr(prepared, "lacre", None)
            if before is not None and prepared.headers.get("Authorization") == before.authorization:
                del prepared.headers["Authorization"]  # another attempt has another nonce
            content = prepared.body or b""
            if isinstance(content, str):
                content = content.encode("utf-8")
            if not isinstance(content, bytes):
                raise LacreError("data: give bytes, since a stream can be read only once")
            prepared.body = content or None
            if prepared.headers.get("Accept-Encoding") == requests.utils.default_headers()["Accept-Encoding"]:
                prepared.headers["Accept-Encoding"] = "identity"  # else `content` is not what the digest is of
            url = urllib.parse.urlsplit(prepared.url)
            headers = [(name, value) for name, value in map(_as_text, prepared.headers.items())
                       if name.lower() != "content-length"]
            prepared.lacre = self.client.sign(
                prepared.method, url.scheme, url.netloc.rpartition("@")[2], prepared.path_url, headers, content)
            # Those that are there already stay as they are: bytes, or what HTTPie keeps of one that is given twice.
            prepared.headers.update(dict(prepared.lacre.headers[len(headers):]))
            return prepared

    class LacreSession(requests.Session):
        """A session that signs everything, each time that it is sent. It follows no redirect and repeats nothing."""

        def __init__(self, app_id: str, api_key: str, algorithm: str = "sha256", signed_headers: Iterable[str] = ()):
            super().__init__()
            self.auth = self._sign = LacreAuth(app_id, api_key, algorithm, signed_headers)

        def prepare_request(self, request):
            if request.auth not in (None, self._sign):
                raise LacreError("auth: leave it out, since this session signs everything")
            return super().prepare_request(request)

        def send(self, request, **kwargs):
            if not isinstance(request, requests.Request):  # requests refuses it
                self._sign(request)
            return super().send(request, **kwargs)

        def get_adapter(self, url):
            adapter = super().get_adapter(url)
            retries = getattr(adapter, "max_retries", 0)
            if getattr(retries, "total", retries) != 0:  # None has no limit
                raise LacreError("max_retries: 0, since what an adapter sends again has the nonce of the first attempt, "
                                 "which counts once; send again with the session")
            return adapter

        def get_redirect_target(self, resp):
            return None

    def _as_text(pair):
        return tuple(part.decode("latin-1") if isinstance(part, bytes) else part for part in pair)
