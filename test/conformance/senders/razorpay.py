"""Prints razorpay.json: a message signed as https://razorpay.com/docs/webhooks/validate-test/ says."""
import hashlib
import hmac
import json

KEY = "correct horse battery staple, razorpay"
BODY = '{"entity":"event","account_id":"acc_BFQ7uQEaa7j2z7","event":"payment.captured","payload":{"note":"\\u20b9 \\/ "}}'
mac = hmac.new(KEY.encode(), BODY.encode(), hashlib.sha256).hexdigest()

print(json.dumps({
    "source": "razorpay.py",
    "apiKey": KEY,
    "encoding": "text",
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/razorpay",
        "headers": {
            "Content-Type": "application/json",
            "X-Razorpay-Signature": mac,
            "x-razorpay-event-id": "IhUtt6zn1LAwdj",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url", "x-razorpay-event-id"]},
}, indent=2, ensure_ascii=False))
