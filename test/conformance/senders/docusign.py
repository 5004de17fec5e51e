"""Prints docusign.json, or with "tenth-key" docusign.tenth-key.json: a message signed as https://developers.docusign.com/platform/webhooks/connect/validate says."""
import base64
import hashlib
import hmac
import json
import sys

KEY = "Mz0pXzN8bK1sYtR3eWgCq6Lv0pXzN8bK1sYtR3eWgAb="
OTHER = "bK1sYtR3eWgCq6Lv0pXzN8bK1sYtR3eWgAbMz0pXz00="
OURS = 10 if sys.argv[1:] == ["tenth-key"] else 1
BODY = '{"event":"envelope-completed","retryCount":0,"data":{"envelopeId":"e9c0"}}\r\n'


def signature(key):
    return base64.b64encode(hmac.new(key.encode(), BODY.encode(), hashlib.sha256).digest()).decode()


headers = {"Content-Type": "application/json", "X-Authorization-Digest": "HMACSHA256"}
for at in range(1, OURS):
    headers[f"X-DocuSign-Signature-{at}"] = signature(OTHER)
headers[f"X-DocuSign-Signature-{OURS}"] = signature(KEY)
print(json.dumps({
    "source": "docusign.py",
    "options": {"acknowledgeWeakness": True},
    "apiKey": KEY,
    "encoding": "text",
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/docusign",
        "headers": headers,
        "body": BODY,
    },
    "expected": {
        "unsigned": ["method", "url", "x-authorization-digest"]
        + [f"x-docusign-signature-{at}" for at in range(1, OURS)],
    },
}, indent=2, ensure_ascii=False))
