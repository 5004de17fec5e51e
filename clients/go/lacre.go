// Package lacre is a client for LACRE1 (docs/protocol.md) in one file, on net/http. Go 1.19 or newer.
//
//	signer, err := lacre.New(appID, apiKey, "SHA256") // or SHA384, SHA512
//	client := signer.Client()                         // an *http.Client that signs whatever it sends
//	response, err := client.Post(url, "application/json", strings.NewReader(`{"item":"tea"}`))
//	content, err := io.ReadAll(response.Body)
//	serverTime, err := signer.VerifyResponse(response, content)
//
// The last line is for servers that sign their answers. The tests of the project run this file: of the vectors in
// docs/vectors/lacre1.json all senders, keys and answers and every request that a sender can make, and real requests.
package lacre

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
)

var (
	appIDs     = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,128}$`)
	apiKeys    = regexp.MustCompile(`^lk1_([A-Za-z0-9_-]{43})$`)
	nonces     = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)
	timestamps = regexp.MustCompile(`^[1-9][0-9]{9}$`)
	methods    = regexp.MustCompile(`^[A-Z-]{1,32}$`)
	targets    = regexp.MustCompile(`^/[\x21\x22\x24-\x7e]*$`)
	hosts      = regexp.MustCompile(`^(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)
	names      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
	printable  = regexp.MustCompile(`^[\x20-\x7e]*$`)
	macs       = regexp.MustCompile(`^[0-9a-f]*$`)

	signedNames = regexp.MustCompile(`^[a-z][a-z0-9-]{0,63}$`)
	// Section 5: strict base64, so without stray bits in the last character.
	contentDigests = regexp.MustCompile(
		`^(?:sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:|sha-512=:[A-Za-z0-9+/]{85}[AQgw]==:)$`)
	// A query parameter whose decoded name begins with "lacre-" (section 12).
	lacreParameters = regexp.MustCompile(
		`(?i)(?:^|&)(?:l|%[46]c)(?:a|%[46]1)(?:c|%[46]3)(?:r|%[57]2)(?:e|%[46]5)(?:-|%2d)`)

	// Section 4: proxies change these, so they travel unsigned; so does every proxy-… and x-forwarded-….
	unsignable = setOf("connection", "cookie", "expect", "forwarded", "keep-alive", "te", "trailer", "upgrade", "via")
	// Section 4: others add or rewrite these, so they travel unsigned unless signedHeaders names them.
	unsignedUnlessNamed = regexp.MustCompile(`^(?:` +
		`accept|accept-charset|accept-encoding|accept-language|alt-used|b3|baggage|cache-control|cdn-loop|dnt` +
		`|early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip` +
		`|upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id` +
		`|(?:cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*)$`)
	// What this client or net/http sets itself, so that there is never a second line.
	ours = setOf("authorization", "content-length", "host", "transfer-encoding")
	// Section 11: signed whenever the response carries them.
	responseMinimum = []string{
		"content-digest", "content-encoding", "content-type", "lacre-clock", "location", "retry-after"}

	hashes = map[string]func() hash.Hash{"SHA256": sha256.New, "SHA384": sha512.New384, "SHA512": sha512.New}
)

// Error says of a request why no server would accept it, or of an answer that it is not what the server signed.
type Error struct{ Message string }

func (e *Error) Error() string { return "lacre: " + e.Message }

// Header is one header line.
type Header struct{ Name, Value string }

// Request is a request in the form in which it will be sent.
type Request struct {
	Method string
	Scheme string // http or https
	Host   string // with its port, as in the URL
	Target string // path and query, byte for byte
	// All are sent, and signed but for those of section 4.
	Headers []Header
	Content []byte
}

// Signed is what Sign gives: send all these headers, and change nothing.
type Signed struct {
	Headers          []Header // the caller's, Content-Digest and Authorization; net/http sends Host itself
	Authorization    string
	Signature        string // VerifyResponse asks for it
	CanonicalRequest string
}

// Signer signs for one app. It keeps nothing between two requests.
type Signer struct {
	appID         string
	algorithm     string
	mac           func(text string) string // holds the key, where no %v can print it
	signedHeaders map[string]bool
}

// New makes a Signer. The hash is SHA256, SHA384 or SHA512. signedHeaders names headers to sign that section 4 leaves
// unsigned, such as x-request-id, where a request has them.
func New(appID, apiKey, hash string, signedHeaders ...string) (*Signer, error) {
	if !appIDs.MatchString(appID) || strings.HasPrefix(appID, "lk1_") {
		return nil, &Error{"appID: 1 to 128 letters, digits and - _ . ~, and not what begins as keys do"}
	}
	newHash, known := hashes[hash]
	if !known {
		return nil, &Error{"hash: SHA256, SHA384 or SHA512"}
	}
	key, err := readAPIKey(apiKey)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, name := range signedHeaders {
		lower := strings.ToLower(name)
		if !signedNames.MatchString(lower) || isForbidden(lower) {
			return nil, &Error{"signedHeaders: names of headers, none that section 4 forbids"}
		}
		named[lower] = true
	}
	return &Signer{appID, "LACRE1-HMAC-" + hash, func(text string) string {
		mac := hmac.New(newHash, key)
		mac.Write([]byte(text))
		return hex.EncodeToString(mac.Sum(nil))
	}, named}, nil
}

// Client gives an *http.Client that signs whatever it sends and follows no redirect.
func (s *Signer) Client() *http.Client {
	return &http.Client{
		Transport:     &Transport{Signer: s},
		Timeout:       30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Transport is an http.RoundTripper that signs. Base is http.DefaultTransport unless set.
type Transport struct {
	Signer *Signer
	Base   http.RoundTripper
}

// RoundTrip signs a copy of the request and sends it. net/http may send the same bytes once more on a connection that
// broke; since they have one nonce, they run at most once.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	var content []byte
	if request.Body != nil {
		defer request.Body.Close()
		var err error
		if content, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	if request.Response != nil {
		return nil, &Error{"redirect: not followed; make a new request for it"}
	}
	host := request.Host
	if host == "" {
		host = request.URL.Host
	}
	var headers []Header
	for name, values := range request.Header {
		for _, value := range values {
			if name != "User-Agent" || value != "" { // net/http sends no line for an empty one
				headers = append(headers, Header{name, value})
			}
		}
	}
	signed, err := t.Signer.Sign(Request{
		Method: request.Method, Scheme: request.URL.Scheme, Host: host, Target: request.URL.RequestURI(),
		Headers: headers, Content: content,
	})
	if err != nil {
		return nil, err
	}
	copied := request.Clone(request.Context())
	for _, header := range signed.Headers {
		copied.Header[http.CanonicalHeaderKey(header.Name)] = []string{header.Value}
	}
	if copied.Header.Get("Accept-Encoding") == "" {
		copied.Header.Set("Accept-Encoding", "identity") // else net/http decompresses before the digest is checked
	}
	if len(content) > 0 {
		copied.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
		copied.Body, _ = copied.GetBody()
	} else {
		copied.Body, copied.GetBody = nil, nil
	}
	copied.ContentLength, copied.TransferEncoding = int64(len(content)), nil
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	response, err := base.RoundTrip(copied)
	if response != nil {
		response.Request = copied // for VerifyResponse
	}
	return response, err
}

// Sign signs a request. Every call is an attempt with a time and a nonce of its own.
func (s *Signer) Sign(request Request) (*Signed, error) {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	return s.SignAt(request, time.Now().Unix(), base64.RawURLEncoding.EncodeToString(random))
}

// SignAt is the same with a given time and nonce, for tests.
func (s *Signer) SignAt(request Request, unixSeconds int64, nonce string) (*Signed, error) {
	timestamp := strconv.FormatInt(unixSeconds, 10)
	_, query, _ := strings.Cut(request.Target, "?")
	switch {
	case !methods.MatchString(request.Method) || request.Method == "CONNECT" || request.Method == "TRACE":
		return nil, &Error{"method: capitals only, neither CONNECT nor TRACE"}
	case !targets.MatchString(request.Target) || len(request.Target) > 8192:
		return nil, &Error{"target: begins with /, printable ASCII without # and spaces, at most 8192 characters"}
	case lacreParameters.MatchString(query):
		return nil, &Error{"target: a query parameter may not begin with lacre-"}
	case !hosts.MatchString(request.Host):
		return nil, &Error{"host: a name or an address, with or without a port"}
	case request.Scheme != "http" && request.Scheme != "https":
		return nil, &Error{"scheme: https or http"}
	case !nonces.MatchString(nonce) || !timestamps.MatchString(timestamp):
		return nil, &Error{"nonce or timestamp: outside its grammar"}
	}

	var lines []Header
	values := map[string]string{}
	for _, header := range request.Headers {
		name, value := strings.ToLower(header.Name), strings.Trim(header.Value, " \t")
		_, twice := values[name]
		switch {
		case ours[name]:
			return nil, &Error{header.Name + ": set by this client, so leave it out"}
		case !names.MatchString(header.Name):
			return nil, &Error{"header name " + strconv.Quote(header.Name) + ": at most 64 letters, digits and hyphens, a letter first"}
		case twice:
			return nil, &Error{header.Name + ": set twice"}
		case !printable.MatchString(value):
			return nil, &Error{header.Name + ": only printable ASCII can be signed"}
		}
		values[name] = value
		lines = append(lines, Header{header.Name, value})
	}
	if digest, given := values["content-digest"]; given {
		if !isDigestOf(digest, request.Content) {
			return nil, &Error{"Content-Digest: not the sha-256 or sha-512 of the content"}
		}
	} else if len(request.Content) > 0 {
		values["content-digest"] = digestsOf(request.Content)[0]
		lines = append(lines, Header{"Content-Digest", values["content-digest"]})
	}
	values["host"] = withoutDefaultPort(request.Scheme, request.Host)

	var list []string
	for name := range values {
		if !isUnsignable(name) && (s.signedHeaders[name] || !unsignedUnlessNamed.MatchString(name)) {
			list = append(list, name)
		}
	}
	if len(list) > 32 {
		return nil, &Error{"headers: at most 32 can be signed, host and Content-Digest among them"}
	}
	sort.Strings(list)
	text := []string{s.algorithm, s.appID, timestamp, nonce, request.Method, request.Target}
	for _, name := range list {
		text = append(text, name+":"+values[name])
	}
	signedHeaders := strings.Join(list, ";")
	canonicalRequest := strings.Join(append(text, "", signedHeaders), "\n")
	signature := s.mac(canonicalRequest)
	authorization := fmt.Sprintf("%s Credential=%s, Timestamp=%s, Nonce=%s, SignedHeaders=%s, Signature=%s",
		s.algorithm, s.appID, timestamp, nonce, signedHeaders, signature)
	lines = append(lines, Header{"Authorization", authorization})
	return &Signed{lines, authorization, signature, canonicalRequest}, nil
}

// VerifyResponse checks a signed answer (section 11) to a request that Client or Transport sent, with the content as it
// was before any decompression. It gives the server's time in Unix seconds. The error has the fault of section 11.
//
// Of response it reads StatusCode, Header, and Request, whose Method and Authorization say what was asked for.
func (s *Signer) VerifyResponse(response *http.Response, content []byte) (int64, error) {
	if response.Request == nil {
		return 0, &Error{"response: without the request that it answers"}
	}
	_, requestSignature, _ := strings.Cut(response.Request.Header.Get("Authorization"), " Signature=")
	lines, twins := map[string][]string{}, map[string]bool{}
	for name, values := range response.Header {
		name = strings.ToLower(name)
		for _, value := range values {
			lines[name] = append(lines[name], strings.Trim(value, " \t"))
		}
		if strings.Contains(name, "_") {
			twins[strings.ReplaceAll(name, "_", "-")] = true
		}
	}

	switch len(lines["lacre-signature"]) { // 1
	case 0:
		return 0, fault("signature-missing", "nobody who has the key made this answer")
	case 1:
	default:
		return 0, fault("signature-repeated", "more than one Lacre-Signature")
	}
	timestamp, list, signature, err := s.readSignature(lines["lacre-signature"][0]) // 2
	if err != nil {
		return 0, err
	}
	signed := setOf(list...)
	text := []string{s.algorithm + "-RESPONSE", s.appID, requestSignature, timestamp,
		fmt.Sprintf("%03d", response.StatusCode)}
	for _, name := range list { // 3
		switch {
		case twins[name]:
			return 0, fault("header-ambiguous", name)
		case len(lines[name]) == 0:
			return 0, fault("header-missing", name)
		case len(lines[name]) > 1:
			return 0, fault("header-repeated", name)
		case !printable.MatchString(lines[name][0]):
			return 0, fault("header-malformed", name)
		}
		text = append(text, name+":"+lines[name][0])
	}
	expected := s.mac(strings.Join(append(text, "", strings.Join(list, ";")), "\n"))
	if !hmac.Equal([]byte(expected), []byte(signature)) { // 4
		return 0, fault("signature-mismatch", "not signed by the server for this request, or changed on its way")
	}
	for _, name := range responseMinimum { // 5
		if twins[name] {
			return 0, fault("header-ambiguous", name)
		}
		if len(lines[name]) > 1 {
			return 0, fault("header-repeated", name)
		}
	}
	for _, name := range responseMinimum {
		if len(lines[name]) > 0 && !signed[name] {
			return 0, fault("header-unsigned", name)
		}
	}
	digest, isDigested := "", signed["content-digest"]
	if isDigested {
		digest = lines["content-digest"][0]
	}
	status := response.StatusCode
	switch hasNone := response.Request.Method == "HEAD" || status == 204 || status == 304; {
	case isDigested && !contentDigests.MatchString(digest): // 6
		return 0, fault("digest-malformed", "Content-Digest")
	case hasNone && len(content) > 0: // 7; whatever their fields say, nothing follows
		return 0, fault("content-mismatch", "this answer has no content")
	case !isDigested && len(content) > 0:
		return 0, fault("content-undigested", "content without a signed Content-Digest")
	case !hasNone && isDigested && !isDigestOf(digest, content):
		return 0, fault("content-mismatch", "the content is not what was signed")
	}
	return strconv.ParseInt(timestamp, 10, 64)
}

// Time, names and MAC of a Lacre-Signature field: each of the three parameters once, in any order.
func (s *Signer) readSignature(value string) (timestamp string, list []string, signature string, err error) {
	malformed := fault("signature-malformed", "Lacre-Signature")
	algorithm, rest, _ := strings.Cut(value, " ")
	parts := strings.Split(rest, ",")
	if len(value) > 4096 || algorithm != s.algorithm+"-RESPONSE" || len(parts) != 3 {
		return "", nil, "", malformed
	}
	parameters := map[string]string{}
	for i, part := range parts {
		if i > 0 {
			part = strings.TrimPrefix(part, " ")
		}
		if name, text, hasEquals := strings.Cut(part, "="); hasEquals {
			parameters[name] = text
		}
	}
	timestamp, signature = parameters["Timestamp"], parameters["Signature"]
	joined, hasList := parameters["SignedHeaders"]
	if joined != "" {
		list = strings.Split(joined, ";")
	}
	if !timestamps.MatchString(timestamp) || !hasList || len(list) > 32 || !macs.MatchString(signature) ||
		len(signature) != len(s.mac("")) {
		return "", nil, "", malformed
	}
	for i, name := range list {
		if !signedNames.MatchString(name) || isForbidden(name) || i > 0 && list[i-1] >= name {
			return "", nil, "", malformed
		}
	}
	return timestamp, list, signature, nil
}

// The 32 bytes of an ApiKey. Strict: decoded, encoded again and compared.
func readAPIKey(text string) ([]byte, error) {
	match := apiKeys.FindStringSubmatch(text)
	if match != nil {
		key, err := base64.RawURLEncoding.DecodeString(match[1])
		if err == nil && base64.RawURLEncoding.EncodeToString(key) == match[1] {
			return key, nil
		}
	}
	return nil, &Error{"apiKey: lk1_ and 43 characters of base64url, without white space"}
}

// The two values of Content-Digest that say what these bytes are, sha-256 first.
func digestsOf(content []byte) [2]string {
	short, long := sha256.Sum256(content), sha512.Sum512(content)
	return [2]string{
		"sha-256=:" + base64.StdEncoding.EncodeToString(short[:]) + ":",
		"sha-512=:" + base64.StdEncoding.EncodeToString(long[:]) + ":",
	}
}

func isDigestOf(value string, content []byte) bool {
	digests := digestsOf(content)
	return value == digests[0] || value == digests[1]
}

func withoutDefaultPort(scheme, host string) string {
	port := map[string]string{"https": ":443", "http": ":80"}[scheme]
	return strings.TrimSuffix(strings.ToLower(host), port)
}

func isUnsignable(name string) bool {
	return unsignable[name] || strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "x-forwarded-")
}

// Whether section 4 forbids that this name is signed; host is signed, though the caller does not set it.
func isForbidden(name string) bool {
	return isUnsignable(name) || name != "host" && ours[name]
}

func fault(fault, detail string) *Error {
	return &Error{"response: " + fault + ": " + detail}
}

func setOf(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}
