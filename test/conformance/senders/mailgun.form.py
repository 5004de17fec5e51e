"""Prints mailgun.form.json: a message signed as https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks says."""
import hashlib
import hmac
import json

KEY = "6f2d8a0c4e1b9735a8c6d4e2f0b1937d"
TIME = 1529006854
TOKEN = "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0"
mac = hmac.new(KEY.encode(), f"{TIME}{TOKEN}".encode(), hashlib.sha256).hexdigest()
BODY = f"recipient=bob%40example.com&event=opened&timestamp={TIME}&token={TOKEN}&signature={mac}&city=San+Francisco"

print(json.dumps({
    "source": "mailgun.form.py",
    "options": {"events": "form"},
    "apiKey": KEY,
    "encoding": "text",
    "time": TIME,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/mailgun",
        "headers": {
            "Content-Type": "application/x-www-form-urlencoded",
        },
        "body": BODY,
    },
    "expected": {"unsigned": ["method", "url", "content"], "signedTexts": [TOKEN, str(TIME), mac]},
}, indent=2, ensure_ascii=False))
