"""Prints line.json: a message signed as https://developers.line.biz/en/docs/messaging-api/verify-webhook-signature/ says."""
import base64
import hashlib
import hmac
import json

KEY = "8c570fa6dd201bb328f1c1eac23a96d8"
BODY = json.dumps({"destination": "U8e742f61d673b39c7fff3cecb7536ef0", "events": [
    {"type": "message", "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR", "deliveryContext": {"isRedelivery": False},
     "timestamp": 1462629479859, "mode": "active", "message": {"id": "325708", "type": "text", "text": "こんにちは"}},
]}, ensure_ascii=False)
mac = base64.b64encode(hmac.new(KEY.encode(), BODY.encode(), hashlib.sha256).digest()).decode()

EMPTY = '{"destination":"xxxxxxxxxx","events":[]}'
empty_mac = base64.b64encode(hmac.new(KEY.encode(), EMPTY.encode(), hashlib.sha256).digest()).decode()

print(json.dumps({
    "source": "line.py",
    "apiKey": KEY,
    "encoding": "text",
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/line",
        "headers": {
            "Content-Type": "application/json",
            "x-line-signature": mac,
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
    "firstContact": [{
        "options": {"handshake": True},
        "signed": True,
        "request": {
            "method": "POST",
            "url": "https://hooks.example.com/line",
            "headers": {"Content-Type": "application/json", "x-line-signature": empty_mac},
            "body": EMPTY,
        },
        "answer": {"status": 200, "body": ""},
    }],
}, indent=2, ensure_ascii=False))
