"""Prints stripe.json: a message signed as https://docs.stripe.com/webhooks#verify-manually says."""
import hashlib
import hmac
import json

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TIME = 1700000000
BODY = '{\n  "id": "evt_test_webhook",\n  "object": "event",\n  "name": "Zoë €"\n}'

mac = hmac.new(KEY.encode(), f"{TIME}.{BODY}".encode(), hashlib.sha256).hexdigest()
print(json.dumps({
    "source": "stripe.py",
    "apiKey": KEY,
    "encoding": "text",
    "time": TIME,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/stripe",
        "headers": {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": f"t={TIME},v1={mac}",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
}, indent=2, ensure_ascii=False))
