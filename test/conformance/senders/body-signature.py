"""Prints body-signature.json: messages of senders that have no preset, signed as their pages say."""
import base64
import hashlib
import hmac
import json

SECONDS = 1700000000
MS = f"{SECONDS}123"
URL = "https://hooks.example.com/in"
BODY = '{"id":"evt_1","name":"Zoë €","n":1.0}'
KEY = "0f9a7c1e5b3d2846a1c9e7f5b3d1086e"
BYTES = base64.b64encode(b"thirty-two bytes of a made-up key").decode()
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def mac(text, key=KEY.encode(), hash="sha256"):
    return hmac.new(key, text.encode(), hash).digest()


def hexed(*args, **options):
    return mac(*args, **options).hex()


def base64ed(*args, **options):
    return base64.b64encode(mac(*args, **options)).decode()


def base64url(*args, **options):
    return base64.urlsafe_b64encode(mac(*args, **options)).decode().rstrip("=")


def row(name, page, options, headers, unsigned=(), time=None, url_signed=False, **more):
    """A message of one sender; `page` says how it signs."""
    free = ["method", *([] if url_signed else ["url"]), *unsigned]
    return {
        "source": f"body-signature.py: {page}",
        "options": {"name": name, **options},
        "apiKey": KEY,
        "encoding": "text",
        **more,
        **({"time": SECONDS} if time else {}),
        "request": {
            "method": "POST",
            "url": URL,
            "headers": {"Content-Type": "application/json", **headers},
            "body": BODY,
        },
        "expected": {"unsigned": free},
    }


ROWS = [
    row("airtable", "https://airtable.com/developers/web/api/webhooks-overview",
        {"signatureHeader": "x-airtable-content-mac", "prefix": "hmac-sha256=", "template": "{body}"},
        {"X-Airtable-Content-MAC": "hmac-sha256=" + hexed(BODY, key=base64.b64decode(BYTES))},
        apiKey=BYTES, encoding="base64"),
    row("appwrite", "https://appwrite.io/docs/advanced/platform/webhooks",
        {"signatureHeader": "x-appwrite-webhook-signature", "algorithm": "sha1", "encoding": "base64",
         "template": "{url}{body}"},
        {"X-Appwrite-Webhook-Signature": base64ed(URL + BODY, hash="sha1")}, url_signed=True, algorithm="sha1"),
    row("asana", "https://developers.asana.com/docs/webhooks-guide",
        {"signatureHeader": "x-hook-signature", "template": "{body}"},
        {"X-Hook-Signature": hexed(BODY)}),
    row("buildkite", "https://buildkite.com/docs/apis/webhooks/pipelines",
        {"signatureHeader": "x-buildkite-signature", "prefix": "signature=", "separator": ",",
         "timestampPrefix": "timestamp=", "template": "{timestamp}.{body}"},
        {"X-Buildkite-Signature": f"timestamp={SECONDS},signature={hexed(f'{SECONDS}.{BODY}')}"}, time=True),
    row("circleci", "https://circleci.com/docs/guides/integration/outbound-webhooks/",
        {"signatureHeader": "circleci-signature", "prefix": "v1=", "separator": ",", "template": "{body}"},
        {"circleci-signature": f"v1={hexed(BODY)}"}),
    row("discourse", "https://meta.discourse.org/t/configure-webhooks-that-trigger-on-discourse-events/49045",
        {"signatureHeader": "x-discourse-event-signature", "prefix": "sha256=", "template": "{body}"},
        {"X-Discourse-Event-Id": "11", "X-Discourse-Event-Signature": f"sha256={hexed(BODY)}"},
        unsigned=["x-discourse-event-id"]),
    row("docuseal", "https://www.docuseal.com/docs/webhooks",
        {"signatureHeader": "x-docuseal-signature", "separator": ".", "timestampPrefix": "",
         "template": "{timestamp}.{body}"},
        {"X-Docuseal-Signature": f"{SECONDS}.{hexed(f'{SECONDS}.{BODY}', key=WHSEC.encode())}"},
        time=True, apiKey=WHSEC),
    row("dropbox", "https://www.dropbox.com/developers/reference/webhooks",
        {"signatureHeader": "x-dropbox-signature", "template": "{body}"},
        {"X-Dropbox-Signature": hexed(BODY)}),
    row("ghost", "https://docs.ghost.org/webhooks",
        {"signatureHeader": "x-ghost-signature", "prefix": "sha256=", "separator": ",", "timestampPrefix": "t=",
         "timestampFormat": "milliseconds", "template": "{body}{timestamp}"},
        {"X-Ghost-Signature": f"sha256={hexed(BODY + MS)}, t={MS}"}, time=True),
    row("gitea", "https://docs.gitea.com/usage/webhooks",
        {"signatureHeader": "x-gitea-signature", "template": "{body}"},
        {"X-Gitea-Event": "push", "X-Gitea-Signature": hexed(BODY)}, unsigned=["x-gitea-event"]),
    row("grafana", "https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/",
        {"signatureHeader": "x-grafana-alerting-signature", "timestampHeader": "x-grafana-alerting-timestamp",
         "template": "{timestamp}:{body}"},
        {"X-Grafana-Alerting-Timestamp": str(SECONDS), "X-Grafana-Alerting-Signature": hexed(f"{SECONDS}:{BODY}")},
        time=True),
    row("greenhouse", "https://developers.greenhouse.io/webhooks.html",
        {"signatureHeader": "signature", "prefix": "sha256 ", "template": "{body}"},
        {"Signature": f"sha256 {hexed(BODY)}"}),
    row("heroku", "https://devcenter.heroku.com/articles/app-webhooks",
        {"signatureHeader": "heroku-webhook-hmac-sha256", "encoding": "base64", "template": "{body}"},
        {"Heroku-Webhook-Hmac-SHA256": base64ed(BODY)}),
    row("lemon-squeezy", "https://docs.lemonsqueezy.com/help/webhooks/signing-requests",
        {"signatureHeader": "x-signature", "template": "{body}"},
        {"X-Event-Name": "order_created", "X-Signature": hexed(BODY)}, unsigned=["x-event-name"]),
    row("pagerduty", "https://developer.pagerduty.com/docs/verifying-webhook-signatures",
        {"signatureHeader": "x-pagerduty-signature", "prefix": "v1=", "separator": ",", "template": "{body}"},
        {"X-PagerDuty-Signature": f"v1={hexed(BODY, key=b'another secret')},v1={hexed(BODY)}"}),
    row("paystack", "https://paystack.com/docs/payments/webhooks/",
        {"signatureHeader": "x-paystack-signature", "algorithm": "sha512", "template": "{body}"},
        {"x-paystack-signature": hexed(BODY, hash="sha512")}, algorithm="sha512"),
    row("pusher", "https://pusher.com/docs/channels/server_api/webhooks/",
        {"signatureHeader": "x-pusher-signature", "template": "{body}", "minKeyBytes": 16},
        {"X-Pusher-Key": "278d425bdf160c739803", "X-Pusher-Signature": hexed(BODY, key=b"7ad3773142a6692b25b8")},
        unsigned=["x-pusher-key"], apiKey="7ad3773142a6692b25b8"),
    row("recurly", "https://docs.recurly.com/docs/webhooks#signature-verification",
        {"signatureHeader": "recurly-signature", "separator": ",", "timestampPrefix": "",
         "timestampFormat": "milliseconds", "template": "{timestamp}.{body}"},
        {"recurly-signature": f"{MS},{hexed(f'{MS}.{BODY}')}"}, time=True),
    row("sanity", "https://www.sanity.io/docs/content-lake/webhooks",
        {"signatureHeader": "sanity-webhook-signature", "prefix": "v1=", "separator": ",", "timestampPrefix": "t=",
         "timestampFormat": "milliseconds", "encoding": "base64url", "template": "{timestamp}.{body}"},
        {"sanity-webhook-signature": f"t={MS},v1={base64url(f'{MS}.{BODY}')}"}, time=True),
    row("sentry", "https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
        {"signatureHeader": "sentry-hook-signature", "template": "{body}"},
        {"Sentry-Hook-Resource": "issue", "Sentry-Hook-Signature": hexed(BODY)}, unsigned=["sentry-hook-resource"]),
    row("trello", "https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/",
        {"signatureHeader": "x-trello-webhook", "algorithm": "sha1", "encoding": "base64", "template": "{body}{url}"},
        {"x-trello-webhook": base64ed(BODY + URL, hash="sha1")}, url_signed=True, algorithm="sha1"),
    row("vercel", "https://vercel.com/docs/webhooks/webhooks-api",
        {"signatureHeader": "x-vercel-signature", "algorithm": "sha1", "template": "{body}"},
        {"x-vercel-signature": hexed(BODY, hash="sha1")}, algorithm="sha1"),
    row("webflow", "https://developers.webflow.com/data/docs/working-with-webhooks",
        {"signatureHeader": "x-webflow-signature", "timestampHeader": "x-webflow-timestamp",
         "timestampFormat": "milliseconds", "template": "{timestamp}:{body}"},
        {"x-webflow-timestamp": MS, "x-webflow-signature": hexed(f"{MS}:{BODY}")}, time=True),
    row("xero", "https://developer.xero.com/documentation/guides/webhooks/overview/",
        {"signatureHeader": "x-xero-signature", "encoding": "base64", "template": "{body}"},
        {"x-xero-signature": base64ed(BODY)}),
]
print(json.dumps(ROWS, indent=2, ensure_ascii=False))
