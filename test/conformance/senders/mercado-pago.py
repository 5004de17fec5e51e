"""Prints mercado-pago.json, or with an argument mercado-pago.<argument>.json: messages signed as https://www.mercadopago.com.br/developers/en/docs/your-integrations/notifications/webhooks says."""
import hashlib
import hmac
import json
import sys

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
REQUEST = "2066ca19-c6f1-498a-be75-1923005edd06"
KIND = "".join(sys.argv[1:])
TS, ID = {
    "": ("1704908010", "999999999"),
    "without-id": ("1704908010", ""),
    "order": ("1742505638683", "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3"),
    "lower-case": ("1742505638683", "ORD01JQ4S4KY8HWQ6NA5PXB65B3D3"),
}[KIND]

signed_id = ID.lower() if KIND == "lower-case" else ID
parts = [("id", signed_id), ("request-id", REQUEST), ("ts", TS)]
manifest = "".join(f"{name}:{value};" for name, value in parts if value)
mac = hmac.new(KEY.encode(), manifest.encode(), hashlib.sha256).hexdigest()
print(json.dumps({
    "source": "mercado-pago.py",
    "options": {**({"dataId": "lower-case"} if KIND == "lower-case" else {}), "acknowledgeWeakness": True},
    "apiKey": KEY,
    "encoding": "text",
    "time": int(TS[:10]),
    "request": {
        "method": "POST",
        "url": "https://hooks.example.com/mercado-pago" + (f"?data.id={ID}&type=payment" if ID else ""),
        "headers": {
            "Content-Type": "application/json",
            "X-Request-Id": REQUEST,
            "X-Signature": f"ts={TS},v1={mac}",
        },
        "body": json.dumps({"action": "payment.updated", "type": "payment", "data": {"id": ID or "999999999"}}),
    },
    "expected": {"unsigned": ["method", "url", "content"]},
}, indent=2, ensure_ascii=False))
