"""A service that calls another one, as many articles show it: an HMAC over body and time, in two headers.

python3 timestamp_body_client.py URL BODY     the shared key comes from SHARED_KEY
"""
import hashlib
import hmac
import os
import sys
import time

import requests

KEY = os.environ["SHARED_KEY"].encode("utf-8")


def signature_of(body: str, timestamp: str) -> str:
    return hmac.new(KEY, (body + timestamp).encode("utf-8"), hashlib.sha256).hexdigest()


def main() -> None:
    url, body = sys.argv[1:3]
    timestamp = str(int(time.time()))
    answer = requests.post(
        url,
        data=body.encode("utf-8"),
        headers={"x-hmac-timestamp": timestamp, "x-hmac-sha256": signature_of(body, timestamp)},
        timeout=10,
    )
    print(answer.status_code, answer.text)


main()
