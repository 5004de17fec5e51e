"""Prints twitch.json: a message signed as https://dev.twitch.tv/docs/eventsub/handling-webhook-events/ says."""
import hashlib
import hmac
import json

KEY = "s3cRe7-of-20-letters"
ID = "e76c6bd4-55c9-4987-8304-da1588d8988b"
AT, SECOND = "2019-11-16T10:11:12.634234626Z", 1573899072
BODY = '{"subscription":{"id":"f1c2a387","type":"channel.follow"},"event":{"user_name":"Ünal"}}'

mac = hmac.new(KEY.encode(), (ID + AT + BODY).encode(), hashlib.sha256).hexdigest()
CHECK_ID = "84c1e79a-2a4b-4c13-ba0b-4312293e9308"
CHECK = ('{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{"id":"f1c2a387",'
         '"status":"webhook_callback_verification_pending","type":"channel.follow"}}')
check_mac = hmac.new(KEY.encode(), (CHECK_ID + AT + CHECK).encode(), hashlib.sha256).hexdigest()
print(json.dumps({
    "source": "twitch.py",
    "options": {"minKeyBytes": 16},
    "apiKey": KEY,
    "encoding": "text",
    "time": SECOND,
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/twitch",
        "headers": {
            "Content-Type": "application/json",
            "Twitch-Eventsub-Message-Id": ID,
            "Twitch-Eventsub-Message-Retry": "0",
            "Twitch-Eventsub-Message-Type": "notification",
            "Twitch-Eventsub-Message-Timestamp": AT,
            "Twitch-Eventsub-Message-Signature": f"sha256={mac}",
        },
        "body": BODY,
    },
    "expected": {
        "unsigned": ["method", "url", "twitch-eventsub-message-retry", "twitch-eventsub-message-type"],
    },
    "firstContact": [{
        "options": {"handshake": True},
        "signed": True,
        "request": {
            "method": "POST",
            "url": "https://hooks.example.com/twitch",
            "headers": {
                "Content-Type": "application/json",
                "Twitch-Eventsub-Message-Id": CHECK_ID,
                "Twitch-Eventsub-Message-Retry": "0",
                "Twitch-Eventsub-Message-Type": "webhook_callback_verification",
                "Twitch-Eventsub-Message-Timestamp": AT,
                "Twitch-Eventsub-Message-Signature": f"sha256={check_mac}",
            },
            "body": CHECK,
        },
        "answer": {
            "status": 200,
            "headers": {"Content-Type": "text/plain; charset=utf-8"},
            "body": "pogchamp-kappa-360noscope-vohiyo",
        },
    }],
}, indent=2, ensure_ascii=False))
