# Prints gitlab.json: a message signed as https://docs.gitlab.com/user/project/integrations/webhooks/ says.
require "base64"
require "json"
require "openssl"

key = "whsec_Z2l0bGFiLXNpZ25pbmctdG9rZW4tb2YtMzItYnl0ZXM="
id, time = "f5e5f430-f57b-4e6e-9fac-d9128cd7232f", 1_776_000_000
body = '{"object_kind":"push","project":{"name":"Größe"}}'

secret = Base64.strict_decode64(key.delete_prefix("whsec_"))
mac = OpenSSL::HMAC.digest("SHA256", secret, "#{id}.#{time}.#{body}")
puts JSON.pretty_generate(
  "source" => "gitlab.rb",
  "apiKey" => key,
  "encoding" => "whsec",
  "time" => time,
  "request" => {
    "method" => "POST",
    "url" => "https://hooks.example.com/gitlab",
    "headers" => {
      "Content-Type" => "application/json",
      "X-Gitlab-Event" => "Push Hook",
      "X-Gitlab-Token" => "a-token-that-signs-nothing",
      "webhook-id" => id,
      "webhook-timestamp" => time.to_s,
      "webhook-signature" => "v1," + Base64.strict_encode64(mac)
    },
    "body" => body
  },
  "expected" => { "unsigned" => %w[method url x-gitlab-event x-gitlab-token] }
)
