# frozen_string_literal: true

# A client for LACRE1 (docs/protocol.md) in one file, on Ruby's standard library: Net::HTTP and OpenSSL. Ruby 3.0 or
# newer.
#
#     client = Lacre::Client.new(app_id, api_key)                   # or Lacre::Client.new(app_id, api_key, "sha512")
#     answer = client.request("POST", "https://api.example.com/orders",
#                             { "Content-Type" => "application/json" }, '{"item":"tea"}')
#     puts answer.status, answer.content
#     client.verify_response(
#       answer.request_signature, answer.status, answer.headers, answer.content, answer.request_method)
#
# The last line is for servers that sign their answers. The tests of the project run this file: of the vectors in
# docs/vectors/lacre1.json all senders, keys and answers and every request that a sender can make, and real requests.

require "net/http"
require "openssl"
require "securerandom"
require "timeout"

module Lacre
  # A request that no server would accept, or an answer that is not what the server signed.
  class Error < ArgumentError; end

  # What Client#sign gives: send `headers`, all of them, and nothing changed. They are the caller's, Content-Digest and
  # Authorization; Host goes beside them. Client#verify_response asks for `signature`.
  Signed = Struct.new(:headers, :authorization, :signature, :canonical_request)

  # `headers` has one pair for each line received.
  Answer = Struct.new(:status, :headers, :content, :request_signature, :request_method)

  # Signs for one app. Keeps nothing between two requests.
  class Client
    # `\A` and `\z` where others write `^` and `$`, which in Ruby stand at every line.
    APP_ID = /\A(?!lk1_)[A-Za-z0-9._~-]{1,128}\z/
    API_KEY = /\Alk1_([A-Za-z0-9_-]{43})\z/
    NONCE = /\A[A-Za-z0-9_-]{16,128}\z/
    TIMESTAMP = /\A[1-9][0-9]{9}\z/
    METHOD = /\A(?!(?:CONNECT|TRACE)\z)[A-Z-]{1,32}\z/
    TARGET = %r{\A/[\x21\x22\x24-\x7e]{0,8191}\z}
    HOST = /\A(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\z/
    NAME = /\A[A-Za-z][A-Za-z0-9-]{0,63}\z/
    SIGNED_NAME = /\A[a-z][a-z0-9-]{0,63}\z/
    PRINTABLE = /\A[\x20-\x7e]*\z/
    # Section 5: strict base64, so without stray bits in the last character.
    DIGEST = %r{\A(?:sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:|sha-512=:[A-Za-z0-9+/]{85}[AQgw]==:)\z}
    BLANKS_AT_THE_ENDS = /\A[ \t]+|[ \t]+\z/
    # A query parameter whose decoded name begins with "lacre-" (section 12).
    LACRE_PARAMETER =
      /\A[^?]*\?(?:.*&)?(?:l|%[46]c)(?:a|%[46]1)(?:c|%[46]3)(?:r|%[57]2)(?:e|%[46]5)(?:-|%2d)/i
    # The path and query of a URL stay byte for byte.
    URL = %r{\A(https?)://([^/?#]+)([^#]*)}i

    # Section 4: proxies change these, so they travel unsigned.
    UNSIGNABLE =
      /\A(?:connection|cookie|expect|forwarded|keep-alive|te|trailer|upgrade|via|proxy-.*|x-forwarded-.*)\z/
    # Section 4: others add or rewrite these, so they travel unsigned unless `signed_headers` names them.
    UNSIGNED_UNLESS_NAMED = /\A(?:
      accept|accept-charset|accept-encoding|accept-language|alt-used|b3|baggage|cache-control|cdn-loop|dnt
      |early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip
      |upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id
      |(?:cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*
    )\z/x
    # What this client sets itself, so that there is never a second line.
    OURS = %w[authorization content-length host transfer-encoding].freeze
    # Section 11: signed whenever the response carries them.
    RESPONSE_MINIMUM =
      %w[content-digest content-encoding content-type lacre-clock location retry-after].freeze

    # The hash is sha256, sha384 or sha512. `signed_headers` names headers to sign that section 4 leaves unsigned, such
    # as x-request-id, where you set them.
    def initialize(app_id, api_key, hash = "sha256", signed_headers: [])
      check(String === app_id && APP_ID.match?(app_id.b), "app_id: 1 to 128 letters, digits and - _ . ~, and not what begins as keys do")
      check(%w[sha256 sha384 sha512].include?(hash), "hash: sha256, sha384 or sha512")
      @app_id = app_id.b
      @key = read_api_key(api_key)
      @hash = hash
      @algorithm = "LACRE1-HMAC-#{hash.upcase}"
      check(signed_headers.all? { |name| String === name && NAME.match?(name.b) && !forbidden?(name.b.downcase) },
            "signed_headers: names of headers, none that section 4 forbids")
      @signed_headers = signed_headers.map { |name| name.b.downcase }
    end

    # Keeps the key out of logs.
    def inspect
      "#<Lacre::Client #{@app_id}>"
    end

    # Signs a request in the form in which it will be sent; `target` is path and query, byte for byte. Every header
    # given is sent, and signed but for those of section 4. Every call is a new attempt with a time and a nonce of its
    # own; only tests give them.
    def sign(method, scheme, host, target, headers = {}, content = "",
             timestamp: Time.now.to_i, nonce: SecureRandom.urlsafe_base64(16))
      given = { "method" => method, "host" => host, "target" => target, "nonce" => nonce, "content" => content }
      given.each { |what, value| check(String === value, "#{what}: not a String") }
      check_headers(headers)
      method, host, target, nonce = [method, host, target, nonce].map(&:b)
      check(METHOD.match?(method), "method: capitals only, neither CONNECT nor TRACE")
      check(TARGET.match?(target),
            "target: begins with /, printable ASCII without # and spaces, at most 8192 characters")
      check(!LACRE_PARAMETER.match?(target), "target: a query parameter may not begin with lacre-")
      check(HOST.match?(host), "host: a name or an address, with or without a port")
      check(NONCE.match?(nonce) && TIMESTAMP.match?(timestamp.to_s), "nonce or timestamp: outside its grammar")

      lines = []
      values = {}
      headers.each do |name, value|
        name = name.b
        value = value.b.gsub(BLANKS_AT_THE_ENDS, "")
        lower = name.downcase
        check(!OURS.include?(lower), "#{name}: set by this client, so leave it out")
        check(NAME.match?(name), "header name #{name.inspect}: at most 64 letters, digits and hyphens, a letter first")
        check(!values.key?(lower), "#{name}: set twice")
        check(PRINTABLE.match?(value), "#{name}: only printable ASCII can be signed")
        values[lower] = value
        lines << [name, value]
      end
      if values.key?("content-digest")
        check(digests(content).include?(values["content-digest"]),
              "Content-Digest: not the sha-256 or sha-512 of the content")
      elsif !content.empty?
        values["content-digest"] = digests(content).first
        lines << ["Content-Digest", values["content-digest"]]
      end
      values["host"] = without_default_port(scheme, host)

      names = values.keys.grep_v(UNSIGNABLE).sort.select do |name|
        @signed_headers.include?(name) || !UNSIGNED_UNLESS_NAMED.match?(name)
      end
      check(names.size <= 32, "headers: at most 32 can be signed, host and Content-Digest among them")
      list = names.join(";")
      text = [@algorithm, @app_id, timestamp, nonce, method, target,
              *names.map { |name| "#{name}:#{values[name]}" }, "", list].join("\n")
      signature = mac(text)
      authorization = "#{@algorithm} Credential=#{@app_id}, Timestamp=#{timestamp}, Nonce=#{nonce}, " \
                      "SignedHeaders=#{list}, Signature=#{signature}"
      Signed.new(lines << ["Authorization", authorization], authorization, signature, text)
    end

    # Sends one signed request. Follows no redirect and never sends anything a second time. `timeout` is for the whole,
    # in seconds; what comes too late raises Timeout::Error, what ends too early EOFError.
    def request(method, url, headers = {}, content = "", timeout: 30)
      scheme, host, target = URL.match(url.b)&.captures if String === url
      check(scheme, "url: begins with http:// or https:// and a host")
      target = "/#{target}" unless target.start_with?("/")
      check(String === content, "content: not a String")
      check_headers(headers)
      if !content.empty? && headers.none? { |name, _| name.downcase == "content-type" }
        # Else Net::HTTP would add another, unsigned.
        headers = [*headers, ["Content-Type", "application/octet-stream"]]
      end
      signed = sign(method, scheme.downcase, host, target, headers, content)

      # The given Accept-Encoding keeps Net::HTTP from decompressing, which must not come before the digest.
      given = signed.headers.map { |name, _| name.downcase }
      beside = { "Host" => host }
      beside["Accept-Encoding"] = "identity" unless given.include?("accept-encoding")
      beside["Content-Length"] = "0" if content.empty? && %w[POST PUT PATCH].include?(method)
      request = Net::HTTPGenericRequest.new(
        method, !content.empty?, method != "HEAD", target, beside.merge(signed.headers.to_h))
      request.body = content.b unless content.empty?
      name, port = host.match(/\A\[?(.*?)\]?(?::(\d+))?\z/).captures
      http = Net::HTTP.new(name, port&.to_i || (scheme.downcase == "https" ? 443 : 80))
      http.use_ssl = scheme.downcase == "https"
      http.max_retries = 0 # the same bytes twice run at most once; a retry is a new request
      answer = Timeout.timeout(timeout) { http.start { http.request(request) } }
      whole = answer.content_length if request.response_body_permitted? && answer.class.body_permitted?
      # Net::HTTP takes what there is for the whole.
      raise EOFError, "the answer from #{host} ended early" if whole && !answer.chunked? && answer.body.to_s.bytesize < whole

      lines = answer.to_hash.flat_map { |field, received| received.map { |value| [field, value] } }
      Answer.new(answer.code.to_i, lines, answer.body.to_s.b, signed.signature, method)
    end

    # Checks a signed answer (section 11) to the request that has this signature. Gives the server's time. `headers`
    # are pairs, one for each line as received, `content` the bytes before any decompression, `method` that of the
    # request: the answer to a HEAD has no content. The message of the error has the fault of section 11.
    def verify_response(request_signature, status, headers, content, method = "GET")
      lines = Hash.new { |hash, name| hash[name] = [] }
      headers.each { |name, value| lines[name.b.downcase] << value.b.gsub(BLANKS_AT_THE_ENDS, "") }
      twins = lines.keys.grep(/_/).map { |name| name.tr("_", "-") }

      fields = lines["lacre-signature"] # 1
      check_answer(fields.any?, "signature-missing", "nobody who has the key made this answer")
      check_answer(fields.one?, "signature-repeated", "more than one Lacre-Signature")
      timestamp, names, signature = read_signature(fields.first) # 2
      names.each do |name| # 3
        check_answer(!twins.include?(name), "header-ambiguous", name)
        check_answer(lines[name].any?, "header-missing", name)
        check_answer(lines[name].one?, "header-repeated", name)
        check_answer(PRINTABLE.match?(lines[name].first), "header-malformed", name)
      end
      text = ["#{@algorithm}-RESPONSE", @app_id, request_signature, timestamp, format("%03d", status),
              *names.map { |name| "#{name}:#{lines[name].first}" }, "", names.join(";")].join("\n")
      check_answer(OpenSSL.secure_compare(mac(text), signature), "signature-mismatch",
                   "not signed by the server for this request, or changed on its way") # 4
      RESPONSE_MINIMUM.each do |name| # 5
        check_answer(!twins.include?(name), "header-ambiguous", name)
        check_answer(lines[name].size <= 1, "header-repeated", name)
      end
      RESPONSE_MINIMUM.each do |name|
        check_answer(lines[name].empty? || names.include?(name), "header-unsigned", name)
      end
      digest = lines["content-digest"].first
      check_answer(digest.nil? || DIGEST.match?(digest), "digest-malformed", "Content-Digest") # 6
      if method == "HEAD" || [204, 304].include?(status) # 7; whatever their fields say, nothing follows
        check_answer(content.empty?, "content-mismatch", "this answer has no content")
      else
        check_answer(content.empty? || digest, "content-undigested", "content without a signed Content-Digest")
        check_answer(digest.nil? || digests(content).include?(digest), "content-mismatch",
                     "the content is not what was signed")
      end
      timestamp.to_i
    end

    private

    # Time, names and MAC of a Lacre-Signature field: each of the three parameters once, in any order.
    def read_signature(value)
      algorithm, _, rest = value.partition(" ")
      pairs = rest.split(",", -1).each_with_index.map do |part, i|
        (i.zero? ? part : part.delete_prefix(" ")).split("=", 2)
      end
      parameters = pairs.select { |pair| pair.size == 2 }.to_h
      timestamp, list, signature = parameters.values_at("Timestamp", "SignedHeaders", "Signature")
      names = list.to_s.split(";", -1)
      well_formed = value.size <= 4096 && algorithm == "#{@algorithm}-RESPONSE" &&
                    pairs.size == 3 && timestamp && list && signature && TIMESTAMP.match?(timestamp) &&
                    names == names.uniq.sort && names.size <= 32 &&
                    names.all? { |name| SIGNED_NAME.match?(name) && !forbidden?(name) } &&
                    signature.match?(/\A[0-9a-f]{#{@hash.delete("sha").to_i / 4}}\z/)
      check_answer(well_formed, "signature-malformed", "Lacre-Signature")
      [timestamp, names, signature]
    end

    # Whether section 4 forbids that this name is signed; `host` is signed, though the caller does not set it.
    def forbidden?(name)
      UNSIGNABLE.match?(name) || (name != "host" && OURS.include?(name))
    end

    # The 32 bytes of an ApiKey. Strict: decoded, encoded again and compared.
    def read_api_key(text)
      encoded = API_KEY.match(text.b)&.captures&.first if String === text
      key = "#{encoded.tr("-_", "+/")}=".unpack1("m") if encoded
      check(encoded && [key].pack("m0").tr("+/", "-_") == "#{encoded}=",
            "api_key: lk1_ and 43 characters of base64url, without white space")
      key
    end

    def mac(text)
      OpenSSL::HMAC.hexdigest(@hash, @key, text)
    end

    # The two values of Content-Digest that say what these bytes are, sha-256 first.
    def digests(content)
      %w[256 512].map { |bits| "sha-#{bits}=:#{[OpenSSL::Digest.digest("sha#{bits}", content)].pack("m0")}:" }
    end

    def without_default_port(scheme, host)
      port = { "https" => ":443", "http" => ":80" }[scheme]
      check(port, "scheme: https or http")
      host.downcase.delete_suffix(port)
    end

    def check_headers(headers)
      pairs = headers.respond_to?(:all?) && headers.all? { |pair| Array === pair && pair.size == 2 && String === pair[0] }
      check(pairs, "headers: a Hash, or pairs, of names and values")
      headers.each { |name, value| check(String === value, "#{name}: its value is not a String") }
    end

    def check(holds, message)
      raise Error, message unless holds
    end

    def check_answer(holds, fault, detail)
      check(holds, "response: #{fault}: #{detail}")
    end
  end
end
