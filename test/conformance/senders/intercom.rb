# Prints intercom.json: a message signed as https://developers.intercom.com/docs/references/webhooks/webhook-models says.
require "json"
require "openssl"

key = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
body = '{"type":"notification_event","topic":"conversation.user.created","id":"notif_1","delivery_attempts":1}'

puts JSON.pretty_generate(
  "source" => "intercom.rb",
  "options" => { "acknowledgeWeakness" => true },
  "apiKey" => key,
  "encoding" => "text",
  "algorithm" => "sha1",
  "request" => {
    "method" => "POST",
    "url" => "https://hooks.example.com/intercom",
    "headers" => {
      "Content-Type" => "application/json",
      "X-Hub-Signature" => "sha1=" + OpenSSL::HMAC.hexdigest("SHA1", key, body)
    },
    "body" => body
  },
  "expected" => { "unsigned" => %w[method url] }
)
