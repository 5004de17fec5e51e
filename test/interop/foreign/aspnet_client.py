"""
A client of ASP.NET Core's HmacAuthentication, written from the published C# of its ApiKeyDelegatingHandler and of
softaware's six-part form. It shares nothing with the implementation under test.

Reads a JSON list of requests from standard input, sends them to HOST:PORT, and prints a JSON list of answers.
"""
import base64
import hashlib
import hmac
import http.client
import json
import sys
import time
import urllib.parse
import uuid

MACS = {"HMACSHA1": "sha1", "HMACSHA256": "sha256", "HMACSHA384": "sha384", "HMACSHA512": "sha512"}


def web_utility_url_encode(text):
    """System.Net.WebUtility.UrlEncode: keeps letters, digits and -_.!*(), writes a space as +, hex in upper case."""
    return urllib.parse.quote_plus(text, safe="!*()").replace("~", "%7E")


def authorization(case, absolute_uri, body):
    mac, body_hash = case.get("mac", "HMACSHA256"), case.get("bodyHash", "MD5")
    uri = web_utility_url_encode(absolute_uri.lower())
    timestamp = str(int(time.time()) + case.get("clockIsOff", 0))
    nonce = uuid.uuid4().hex
    digest = base64.b64encode(hashlib.new(body_hash, body).digest()).decode() if body else ""
    text = case["appId"] + case["method"] + uri + timestamp + nonce + digest
    key = base64.b64decode(case["apiKey"])
    signature = base64.b64encode(hmac.new(key, text.encode(), MACS[mac]).digest()).decode()
    names = f"{mac}:{body_hash}:" if "mac" in case or "bodyHash" in case else ""
    return f"Hmac {names}{case['appId']}:{signature}:{nonce}:{timestamp}"


def send(address, case):
    body = base64.b64decode(case.get("body", ""))
    headers = {"Authorization": authorization(case, f"http://{address}{case['target']}", body)}
    if "contentType" in case:
        headers["Content-Type"] = case["contentType"]
    sent = base64.b64decode(case["sentBody"]) if "sentBody" in case else body
    answers = []
    for _ in range(case.get("times", 1)):
        connection = http.client.HTTPConnection(address, timeout=10)
        chunked = case.get("chunked", False)
        payload = (sent[i : i + 3] for i in range(0, len(sent), 3)) if chunked else sent or None
        target = case.get("sentTarget", case["target"])
        connection.request(case["method"], target, payload, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        answers.append([answer.status, answer.read().decode()])
        connection.close()
    return answers


print(json.dumps([send(sys.argv[1], case) for case in json.load(sys.stdin)]))
