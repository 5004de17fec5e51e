"""Prints mux.json: a message signed as https://www.mux.com/docs/core/verify-webhook-signatures says."""
import hashlib
import hmac
import json

KEY = "m9k2v7q4s1x8z5b3n6c0f7h2j4l9p1r8"
TIME = 1700000000
BODY = json.dumps({"type": "video.asset.ready", "id": "6d8a1f0c", "data": {"status": "ready"}})


def mac(key, signed):
    return hmac.new(key.encode(), signed.encode(), hashlib.sha256).hexdigest()


# What test/unit/webhooks of mux-node-sdk has, under a key that is too short to use.
published = "854ece4c22acef7c66b57d4e504153bc512595e8e9c772ece2a68150548c19a7"
assert mac("SuperSecret123", "1565125718.{\"test\":\"body\"}") == published

print(json.dumps({
    "source": "mux.py",
    "apiKey": KEY,
    "encoding": "text",
    "time": TIME,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/mux",
        "headers": {
            "Content-Type": "application/json",
            "Mux-Signature": f"t={TIME},v1={mac(KEY, f'{TIME}.{BODY}')}",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url"]},
}, indent=2, ensure_ascii=False))
