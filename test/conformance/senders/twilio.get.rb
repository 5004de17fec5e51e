# Prints twilio.get.json: a GET, of which Twilio signs the URL alone, with all that it has put there.
require "base64"
require "json"
require "openssl"

KEY = "0f9a7c1e5b3d2846a1c9e7f5b3d1086e"
URL = "https://hooks.example.com/twilio?CallSid=CA123&From=%2B14158675309&To=%2B18005551212"

puts JSON.pretty_generate(
  source: "twilio.get.rb",
  apiKey: KEY,
  encoding: "text",
  algorithm: "sha1",
  request: {
    method: "GET",
    url: URL,
    headers: { "X-Twilio-Signature" => Base64.strict_encode64(OpenSSL::HMAC.digest("SHA1", KEY, URL)) },
  },
  expected: { unsigned: ["method"] },
)
