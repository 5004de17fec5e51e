#!/usr/bin/env python3
"""A small command-line client that signs with LACRE1. Standard library only.

    LACRE_API_KEY=lk1_... python3 client.py METHOD URL --app-id ID [--header 'K: V']... [--sign NAME]... \\
        [--data STR | --data-file F]

Prints the status on the first line and then the body as received. Exit status 0 for 2xx, 1 otherwise.
It sends exactly the target that it signed, follows no redirect and never sends a request twice.
"""
import argparse
import base64
import http.client
import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lacre1  # noqa: E402

TIMEOUT_SECONDS = 30


def split_url(url):
    """(scheme, authority, target) byte for byte: nothing is decoded, escaped or normalised."""
    match = re.fullmatch(r"(https?)://([^/?#@\\]+)([^#]*)(#.*)?", url, re.IGNORECASE | re.DOTALL)
    if not match:
        raise ValueError("not an http or https URL without user information: " + url)
    scheme, authority, target = match.group(1).lower(), match.group(2).lower(), match.group(3)
    return scheme, authority, target if target.startswith("/") else "/" + target


def parse_header(text):
    name, colon, value = text.partition(":")
    if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or re.search(r"[\r\n\0]", value):
        raise ValueError("not a header of the form 'Name: value': " + text)
    if name.lower() in ("host", "authorization", "content-length", "transfer-encoding"):
        raise ValueError(name + " is set by this client")
    return name, lacre1.trim(value)


def sign(arguments, key, body, timestamp, nonce):
    """What is sent: (scheme, authority, target, what lacre1.sign gives)."""
    scheme, authority, target = split_url(arguments.url)
    headers = [("Host", authority)] + [parse_header(h) for h in arguments.header]
    if not any(name.lower() == "accept-encoding" for name, _ in headers):
        headers.append(("Accept-Encoding", "identity"))
    signed = lacre1.sign(
        arguments.app_id, key, arguments.method, target, headers, body, timestamp, nonce,
        "LACRE1-HMAC-" + arguments.algorithm.upper(), scheme, named=[name.lower() for name in arguments.sign])
    return scheme, authority, target, signed


def read_body(arguments):
    if arguments.data is not None:
        return arguments.data.encode("utf-8", "surrogateescape")
    if arguments.data_file is None:
        return b""
    with open(arguments.data_file, "rb") as file:
        return file.read()


def send(arguments, key):
    body = read_body(arguments)
    scheme, authority, target, signed = sign(
        arguments, key, body, int(time.time()), base64.urlsafe_b64encode(os.urandom(16)).decode("ascii").rstrip("="))
    connect = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    connection = connect(authority, timeout=TIMEOUT_SECONDS)
    try:
        connection.putrequest(arguments.method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in signed["headers"]:
            connection.putheader(name, value)
        if body or arguments.method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Connection", "close")
        connection.endheaders(body or None)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description="Send one request signed with LACRE1.")
    parser.add_argument("method", metavar="METHOD")
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--app-id", required=True)
    parser.add_argument("--algorithm", choices=("sha256", "sha384", "sha512"), default="sha256")
    parser.add_argument("--header", action="append", default=[], metavar="'K: V'")
    parser.add_argument("--sign", action="append", default=[], metavar="NAME", help="sign this header too")
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--data", metavar="STR")
    data.add_argument("--data-file", metavar="F")
    try:
        arguments = parser.parse_args()
    except SystemExit as stop:
        return 1 if stop.code else 0
    try:
        key = lacre1.decode_key(os.environ.get("LACRE_API_KEY", ""))
    except ValueError as error:
        sys.stderr.write("LACRE_API_KEY: %s\n" % error)
        return 1
    try:
        status, body = send(arguments, key)
    except (ValueError, OSError, http.client.HTTPException) as error:
        sys.stderr.write("client.py: %s\n" % error)
        return 1
    sys.stdout.write("%d\n" % status)
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()
    return 0 if 200 <= status < 300 else 1


if __name__ == "__main__":
    sys.exit(main())
