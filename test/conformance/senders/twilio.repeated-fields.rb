# Prints twilio.repeated-fields.json: a form with names that stand several times, as Twilio's libraries sign them.
require "base64"
require "json"
require "openssl"
require "uri"

KEY = "0f9a7c1e5b3d2846a1c9e7f5b3d1086e"
URL = "https://hooks.example.com/twilio?foo=1&bar=2"

def sign(key, url, fields)
  text = url + fields.uniq.sort.map(&:join).join
  Base64.strict_encode64(OpenSSL::HMAC.digest("SHA1", key, text))
end

FIELDS = [%w[Sid CA123], %w[SidAccount AC123], %w[Digits 5678], %w[Digits 1234], %w[Digits 1234]]
# What tests/unit/test_request_validator.py of twilio-python has, under a key that is too short to use.
raise "not as published" unless sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", FIELDS) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="

fields = FIELDS + [["Body", "Olá & 1+1=2 "], ["Empty", ""]]
puts JSON.pretty_generate(
  source: "twilio.repeated-fields.rb",
  apiKey: KEY,
  encoding: "text",
  algorithm: "sha1",
  request: {
    method: "POST",
    url: URL,
    headers: {
      "Content-Type" => "application/x-www-form-urlencoded",
      "X-Twilio-Signature" => sign(KEY, URL, fields),
    },
    body: URI.encode_www_form(fields),
  },
  expected: { unsigned: ["method"] },
)
