# frozen_string_literal: true

# Does what each line of stdin says, with the Ruby client; test/clients/driver.ts knows the lines.

require_relative "../../clients/ruby/lacre"

def text(field)
  field.unpack1("m0")
end

def headers(field)
  field.split.map { |pair| pair.split(":", -1).map { |part| text(part) } }
end

def verdict(client, answer)
  client.verify_response(answer.request_signature, answer.status, answer.headers, answer.content,
                         answer.request_method)
  "yes"
rescue Lacre::Error => e
  e.message
end

def refusal(attempt)
  attempt.call.to_s
rescue Lacre::Error => e
  e.message
end

def act(command, client, fields)
  case command
  when "key"
    []
  when "sign"
    timestamp, nonce, method, scheme, host, target = fields.first(6).map { |field| text(field) }
    signed = client.sign(method, scheme, host, target, headers(fields[6]), text(fields[7]),
                         timestamp: timestamp.to_i, nonce: nonce)
    [signed.canonical_request, signed.signature, signed.authorization]
  when "verify"
    [client.verify_response(text(fields[0]), text(fields[1]).to_i, headers(fields[2]), text(fields[3]),
                            text(fields[4])).to_s]
  when "call"
    answer = client.request(text(fields[0]), text(fields[1]), headers(fields[2]), text(fields[3]))
    [answer.status.to_s, answer.content, verdict(client, answer)]
  when "hurried"
    begin
      client.request(text(fields[0]), text(fields[1]), {}, "", timeout: 1)
    rescue Timeout::Error
      ["too late"]
    end
  when "wrong types"
    url = text(fields[1])
    [-> { client.request("POST", url, {}, nil) }, -> { client.request("GET", url, { "X-Note" => 1 }) },
     -> { client.request("GET", url, [[nil, "a"]]) }, -> { client.request("GET", nil) },
     -> { client.request(nil, url) }, -> { Lacre::Client.new(nil, "") }, -> { Lacre::Client.new("a", nil) }]
      .map { |attempt| refusal(attempt) }
  else
    raise command
  end
end

$stdin.each_line(chomp: true) do |line|
  command, *fields = line.split("|", -1)
  begin
    credentials = fields.shift(3).map { |field| text(field) }
    client = Lacre::Client.new(*credentials, signed_headers: text(fields.shift).split)
    result = ["ok", *act(command, client, fields).map { |value| [value].pack("m0") }]
  rescue Lacre::Error => e
    result = ["refused", [e.message].pack("m0")]
  end
  puts result.join("|")
end
