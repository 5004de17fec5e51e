"""Prints square.json: a message signed as https://developer.squareup.com/docs/webhooks/step3validate says."""
import base64
import hashlib
import hmac
import json

KEY = "Cq6Lv0pXzN8bK1sYtR3eWg"
URL = "https://tickets.example.com/payment/webhook"
BODY = json.dumps({"merchant_id": "6SSW7HV8K2ST5", "type": "order.updated", "event_id": "116038d3"})


def mac(key, url, body):
    return base64.b64encode(hmac.new(key.encode(), (url + body).encode(), hashlib.sha256).digest()).decode()


# What the page has, under a key that is too short to use.
published = "2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og="
assert mac("asdf1234", "https://example.com/webhook", "{\"hello\":\"world\"}") == published

print(json.dumps({
    "source": "square.py",
    "apiKey": KEY,
    "encoding": "text",
    "request": {
        "method": "POST",
        "url": URL,
        "headers": {
            "Content-Type": "application/json",
            "square-environment": "Production",
            "x-square-hmacsha256-signature": mac(KEY, URL, BODY),
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "square-environment"]},
}, indent=2, ensure_ascii=False))
