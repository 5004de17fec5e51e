# Prints twilio.body-sha256.json: a message signed as https://www.twilio.com/docs/usage/webhooks/webhooks-security says.
require "base64"
require "digest"
require "json"
require "openssl"

KEY = "0f9a7c1e5b3d2846a1c9e7f5b3d1086e"
BODY = '{"property": "value", "boolean": true}'
url = "https://hooks.example.com/twilio?foo=1&bar=2&bodySHA256=#{Digest::SHA256.hexdigest(BODY)}"
sign = ->(key, text) { Base64.strict_encode64(OpenSSL::HMAC.digest("SHA1", key, text)) }

# What tests/unit/test_request_validator.py of twilio-python has, under a key that is too short to use.
published = "https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256=#{Digest::SHA256.hexdigest(BODY)}"
raise "not as published" unless sign.call("12345", published) == "a9nBmqA0ju/hNViExpshrM61xv4="

puts JSON.pretty_generate(
  source: "twilio.body-sha256.rb",
  options: { signs: "bodySHA256" },
  apiKey: KEY,
  encoding: "text",
  algorithm: "sha1",
  request: {
    method: "POST",
    url: url,
    headers: {
      "Content-Type" => "application/json",
      "X-Twilio-Signature" => sign.call(KEY, url),
    },
    body: BODY,
  },
  expected: { unsigned: ["method"] },
)
