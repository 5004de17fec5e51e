"""Does what each line of stdin says, with the Python client; test/clients/driver.ts knows the lines."""
import base64
import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "clients", "python"))
import lacre  # noqa: E402


def read(field):
    return base64.b64decode(field)


def text(field):
    return read(field).decode("latin-1")


def read_headers(field):
    return [tuple(text(part) for part in pair.split(":")) for pair in field.split(" ") if pair]


def sign(client, timestamp, nonce, method, scheme, host, target, headers, content):
    signed = client.sign(text(method), text(scheme), text(host), text(target), read_headers(headers), read(content),
                         int(text(timestamp)), text(nonce))
    return signed.canonical_request, signed.signature, signed.authorization


def verify(client, request_signature, status, headers, content, method):
    return str(client.verify_response(
        text(request_signature), int(text(status)), read_headers(headers), read(content), text(method))),


def verdict(client, request_signature, status, headers, content, method):
    try:
        client.verify_response(request_signature, status, headers, content, method)
        return "yes"
    except lacre.LacreError as error:
        return str(error)


def call(client, method, url, headers, content):
    answer = client.request(text(method), text(url), read_headers(headers), read(content))
    return str(answer.status), answer.content.decode("latin-1"), verdict(
        client, answer.request_signature, answer.status, answer.headers, answer.content, answer.request_method)


def hurried(client, method, url, headers, content):
    try:
        client.request(text(method), text(url), read_headers(headers), read(content), timeout=1)
    except socket.timeout:
        return "too late",


def wrong_types(client, method, url, headers, content):
    tries = [lambda: client.request("POST", text(url), {}, "text"), lambda: client.request("GET", text(url), {"X-Note": 1}),
             lambda: client.request("GET", text(url), [(None, "a")]), lambda: client.request("GET", None),
             lambda: client.request(None, text(url)), lambda: lacre.Client(None, ""), lambda: lacre.Client("a", None)]
    return [refusal(attempt) for attempt in tries]


def refusal(attempt):
    try:
        return str(attempt())
    except lacre.LacreError as error:
        return str(error)


def call_with_requests(client, method, url, headers, content):
    import requests

    answer = requests.request(
        text(method), text(url), headers=dict(read_headers(headers)), data=read(content), timeout=30,
        auth=lacre.LacreAuth(*credentials), allow_redirects=False)
    return str(answer.status_code), answer.content.decode("latin-1"), verdict(
        client, answer.request.lacre.signature, answer.status_code, answer.raw.headers.items(), answer.content,
        answer.request.method)


def call_with_session(client, method, url, headers, content):
    session = lacre.LacreSession(*credentials)
    answer = session.request(text(method), text(url), headers=dict(read_headers(headers)), data=read(content))
    return str(answer.status_code), answer.content.decode("latin-1"), ""


def prepared_sessions(client, method, url, headers, content):
    """Sends what was prepared with the session and without it, each twice, and once as LacreAuth alone prepared it."""
    import requests

    with lacre.LacreSession(*credentials) as session:
        request = requests.Request(text(method), text(url), headers=dict(read_headers(headers)), data=read(content))
        both = [request.prepare(), session.prepare_request(request)]
        answers = [session.send(prepared) for prepared in both + both]
        request.auth = lacre.LacreAuth(*credentials)
        answers.append(session.send(request.prepare()))
    return [str(answer.status_code) for answer in answers]


def other_auth(client, method, url, headers, content):
    import requests

    basic = ("someone", "secret")
    session = lacre.LacreSession(*credentials)
    with_basic = requests.Request("GET", text(url), auth=basic).prepare()
    refused = [refusal(lambda: session.get(text(url), auth=basic)), refusal(lambda: session.send(with_basic))]
    session.auth = basic
    return refused + [refusal(lambda: session.get(text(url)))]


def repeating_adapters(client, method, url, headers, content):
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    said = []
    for retries in (Retry(total=2, status_forcelist=[503]), Retry(total=None, status_forcelist=[503]), 1, 0):
        session = lacre.LacreSession(*credentials)
        session.mount("http://", HTTPAdapter(max_retries=retries))
        said.append(refusal(lambda: session.get(text(url)).status_code))
    return said


def serialise(client, method, url, headers, content):
    with lacre.LacreSession(*credentials) as session:
        answers = [session.post(text(url), json={"item": "caf\u00e9"}), session.post(text(url), data={"item": "a b"}),
                   session.post(text(url), files={"item": ("tea.txt", b"\x00\xff")})]
    return [str(answer.status_code) for answer in answers]


DO = {"sign": sign, "verify": verify, "call": call, "requests": call_with_requests, "session": call_with_session,
      "serialise": serialise, "prepared": prepared_sessions, "other auth": other_auth, "repeating": repeating_adapters,
      "hurried": hurried, "wrong types": wrong_types,
      "key": lambda client: ()}

for line in sys.stdin:
    command, *fields = line.rstrip("\n").split("|")
    credentials = [text(field) for field in fields[:3]] + [text(fields[3]).split()]
    try:
        result = ["ok", *DO[command](lacre.Client(*credentials), *fields[4:])]
    except lacre.LacreError as error:
        result = ["refused", str(error)]
    print("|".join([result[0]] + [base64.b64encode(part.encode("latin-1")).decode() for part in result[1:]]), flush=True)
