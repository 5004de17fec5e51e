"""Does what each line of stdin says, with the Python client; test/clients/driver.ts knows the lines."""
import base64
import os
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


def serialise(client, method, url, headers, content):
    with lacre.LacreSession(*credentials) as session:
        answers = [session.post(text(url), json={"item": "caf\u00e9"}), session.post(text(url), data={"item": "a b"}),
                   session.post(text(url), files={"item": ("tea.txt", b"\x00\xff")})]
    return [str(answer.status_code) for answer in answers]


DO = {"sign": sign, "verify": verify, "call": call, "requests": call_with_requests, "session": call_with_session,
      "serialise": serialise,
      "key": lambda client: ()}

for line in sys.stdin:
    command, *fields = line.rstrip("\n").split("|")
    credentials = [text(field) for field in fields[:3]] + [text(fields[3]).split()]
    try:
        result = ["ok", *DO[command](lacre.Client(*credentials), *fields[4:])]
    except lacre.LacreError as error:
        result = ["refused", str(error)]
    print("|".join([result[0]] + [base64.b64encode(part.encode("latin-1")).decode() for part in result[1:]]), flush=True)
