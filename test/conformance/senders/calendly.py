"""Prints calendly.json: a message signed as https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures says."""
import hashlib
import hmac
import json

KEY = "5mEzn9C-I28UtwOjZJtFoob0sAAFZ95GbZkqj4y3i0I"
T = "1492774577"  # the page's
BODY = '{"event":"invitee.created","created_at":"2017-04-21T11:36:17.000000Z","payload":{"name":"Zoë"}}'

mac = hmac.new(KEY.encode(), f"{T}.{BODY}".encode(), hashlib.sha256).hexdigest()
print(json.dumps({
    "source": "calendly.py",
    "apiKey": KEY,
    "encoding": "text",
    "time": int(T),
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/calendly",
        "headers": {
            "Content-Type": "application/json",
            "Calendly-Webhook-Signature": f"t={T},v1={mac}",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
}, indent=2, ensure_ascii=False))
