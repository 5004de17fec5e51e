// A client for LACRE1 (docs/protocol.md) in one file, on .NET's standard library: HttpClient with a DelegatingHandler.
// .NET 6 or newer.
//
//     var http = Lacre.LacreHandler.CreateClient(appId, apiKey);             // or (appId, apiKey, "SHA512")
//     var body = new StringContent("{\"item\":\"tea\"}", Encoding.UTF8, "application/json");
//     var response = await http.PostAsync("https://api.example.com/orders", body);   // signed on its way out
//     byte[] content = await LacreHandler.ReadVerifiedAsync(response);
//
// The last line is for servers that sign their answers. Not run by the tests of this project: the other clients in this
// folder are, and this one follows them line by line. Before you rely on it, run docs/vectors/lacre1.json through Sign
// and VerifyResponse.
#nullable enable
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace Lacre
{
    /// <summary>A request that no server would accept, or an answer that is not what the server signed.</summary>
    public sealed class LacreException : Exception
    {
        public LacreException(string message) : base(message) { }
    }

    /// <summary>What Sign gives: send all these headers, and change nothing.</summary>
    public sealed class Signed
    {
        /// <summary>The caller's, Content-Digest and Authorization; HttpClient sends Host itself.</summary>
        public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }
        public string Authorization { get; }
        /// <summary>VerifyResponse asks for it.</summary>
        public string Signature { get; }
        public string CanonicalRequest { get; }

        internal Signed(
            IReadOnlyList<KeyValuePair<string, string>> headers, string authorization, string signature, string text)
        {
            Headers = headers;
            Authorization = authorization;
            Signature = signature;
            CanonicalRequest = text;
        }
    }

    /// <summary>Signs for one app. Keeps nothing between two requests, and can be shared by threads.</summary>
    public sealed class Signer
    {
        // \z where others write $, which in .NET lets a line feed pass; [0-9], since \d takes every script's digits.
        private static readonly Regex AppId = new Regex(@"\A(?!lk1_)[A-Za-z0-9._~-]{1,128}\z");
        private static readonly Regex ApiKey = new Regex(@"\Alk1_([A-Za-z0-9_-]{43})\z");
        private static readonly Regex Nonce = new Regex(@"\A[A-Za-z0-9_-]{16,128}\z");
        private static readonly Regex Timestamp = new Regex(@"\A[1-9][0-9]{9}\z");
        private static readonly Regex Method = new Regex(@"\A(?!(?:CONNECT|TRACE)\z)[A-Z-]{1,32}\z");
        private static readonly Regex Target = new Regex(@"\A/[\x21\x22\x24-\x7e]{0,8191}\z");
        private static readonly Regex Host =
            new Regex(@"\A(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\z");
        private static readonly Regex Name = new Regex(@"\A[A-Za-z][A-Za-z0-9-]{0,63}\z");
        private static readonly Regex SignedName = new Regex(@"\A[a-z][a-z0-9-]{0,63}\z");
        private static readonly Regex LowerHex = new Regex(@"\A[0-9a-f]*\z");
        private static readonly Regex Printable = new Regex(@"\A[\x20-\x7e]*\z");
        // Section 5: strict base64, so without stray bits in the last character.
        private static readonly Regex ContentDigest = new Regex(
            @"\A(?:sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:|sha-512=:[A-Za-z0-9+/]{85}[AQgw]==:)\z");
        // A query parameter whose decoded name begins with "lacre-" (section 12).
        private static readonly Regex LacreParameter = new Regex(
            @"\A[^?]*\?(?:.*&)?(?:l|%[46]c)(?:a|%[46]1)(?:c|%[46]3)(?:r|%[57]2)(?:e|%[46]5)(?:-|%2d)",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        // Section 4: proxies change these, so they travel unsigned.
        private static readonly Regex Unsignable = new Regex(
            @"\A(?:connection|cookie|expect|forwarded|keep-alive|te|trailer|upgrade|via|proxy-.*|x-forwarded-.*)\z");
        // Section 4: others add or rewrite these, so they travel unsigned unless signedHeaders names them.
        private static readonly Regex UnsignedUnlessNamed = new Regex(
            @"\A(?:"
            + "accept|accept-charset|accept-encoding|accept-language|alt-used|b3|baggage|cache-control|cdn-loop|dnt"
            + "|early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip"
            + "|upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id"
            + @"|(?:cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*)\z");
        // What this client sets itself, so that there is never a second line.
        private static readonly string[] Ours = { "authorization", "content-length", "host", "transfer-encoding" };
        // Section 11: signed whenever the response carries them.
        private static readonly string[] ResponseMinimum =
            { "content-digest", "content-encoding", "content-type", "lacre-clock", "location", "retry-after" };
        private static readonly char[] Blanks = { ' ', '\t' };

        private readonly string appId;
        private readonly byte[] key;
        private readonly string hash;
        private readonly string algorithm;
        private readonly HashSet<string> signedHeaders;

        /// <param name="appId">The name of the app.</param>
        /// <param name="apiKey">Its key, lk1_….</param>
        /// <param name="hash">SHA256, SHA384 or SHA512.</param>
        /// <param name="signedHeaders">
        /// Headers to sign that section 4 leaves unsigned, such as x-request-id, where you set them.
        /// </param>
        public Signer(string appId, string apiKey, string hash = "SHA256", IEnumerable<string>? signedHeaders = null)
        {
            Check(Fits(AppId, appId), "appId: 1 to 128 letters, digits and - _ . ~, and not what begins as keys do");
            Check(hash == "SHA256" || hash == "SHA384" || hash == "SHA512", "hash: SHA256, SHA384 or SHA512");
            this.appId = appId;
            this.key = ReadApiKey(apiKey);
            this.hash = hash;
            this.algorithm = "LACRE1-HMAC-" + hash;
            this.signedHeaders = new HashSet<string>(
                (signedHeaders ?? new string[0]).Select(name => (name ?? "").ToLowerInvariant()));
            Check(this.signedHeaders.All(name => Name.IsMatch(name) && !IsForbidden(name)),
                "signedHeaders: names of headers, none that section 4 forbids");
        }

        /// <summary>
        /// Signs a request in the form in which it will be sent. Every call is a new attempt with a time and a nonce of
        /// its own; only tests give them.
        /// </summary>
        /// <param name="target">Path and query, byte for byte.</param>
        /// <param name="headers">All are sent, and signed but for those of section 4.</param>
        public Signed Sign(
            string method, string scheme, string host, string target,
            IEnumerable<KeyValuePair<string, string>> headers, byte[] content,
            long? timestamp = null, string? nonce = null)
        {
            string time = (timestamp ?? DateTimeOffset.UtcNow.ToUnixTimeSeconds()).ToString(CultureInfo.InvariantCulture);
            string once = nonce ?? Base64Url(RandomBytes(16));
            Check(Fits(Method, method), "method: capitals only, neither CONNECT nor TRACE");
            Check(Fits(Target, target),
                "target: begins with /, printable ASCII without # and spaces, at most 8192 characters");
            Check(!LacreParameter.IsMatch(target), "target: a query parameter may not begin with lacre-");
            Check(Fits(Host, host), "host: a name or an address, with or without a port");
            Check(Nonce.IsMatch(once) && Timestamp.IsMatch(time), "nonce or timestamp: outside its grammar");

            var lines = new List<KeyValuePair<string, string>>();
            var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
            CheckGiven(headers, "headers: null, where a list may be empty");
            CheckGiven(content, "content: null, where it may be empty");
            foreach (KeyValuePair<string, string> header in headers)
            {
                CheckGiven(header.Key, "header name: null");
                CheckGiven(header.Value, header.Key + ": its value is null");
                string lower = header.Key.ToLowerInvariant();
                string value = header.Value.Trim(Blanks);
                Check(!Ours.Contains(lower), header.Key + ": set by this client, so leave it out");
                Check(Name.IsMatch(header.Key),
                    "header name \"" + header.Key + "\": at most 64 letters, digits and hyphens, a letter first");
                Check(!values.ContainsKey(lower), header.Key + ": set twice");
                Check(Printable.IsMatch(value), header.Key + ": only printable ASCII can be signed");
                values.Add(lower, value);
                lines.Add(new KeyValuePair<string, string>(header.Key, value));
            }
            if (values.ContainsKey("content-digest"))
            {
                Check(Digests(content).Contains(values["content-digest"]),
                    "Content-Digest: not the sha-256 or sha-512 of the content");
            }
            else if (content.Length > 0)
            {
                values.Add("content-digest", Digests(content)[0]);
                lines.Add(new KeyValuePair<string, string>("Content-Digest", values["content-digest"]));
            }
            values.Add("host", WithoutDefaultPort(scheme, host));

            string[] names = values.Keys.Where(Signs).ToArray();
            Check(names.Length <= 32, "headers: at most 32 can be signed, host and Content-Digest among them");
            string list = string.Join(";", names);
            var text = new List<string> { algorithm, appId, time, once, method, target };
            text.AddRange(names.Select(name => name + ":" + values[name]));
            text.Add("");
            text.Add(list);
            string canonicalRequest = string.Join("\n", text);
            string signature = Mac(canonicalRequest);
            string authorization = algorithm + " Credential=" + appId + ", Timestamp=" + time + ", Nonce=" + once
                + ", SignedHeaders=" + list + ", Signature=" + signature;
            lines.Add(new KeyValuePair<string, string>("Authorization", authorization));
            return new Signed(lines, authorization, signature, canonicalRequest);
        }

        /// <summary>
        /// Checks a signed answer (section 11) to the request that has this signature. Gives the server's time.
        /// </summary>
        /// <param name="headers">One pair for each line as received.</param>
        /// <param name="content">The bytes before any decompression.</param>
        /// <param name="method">That of the request: the answer to a HEAD has no content.</param>
        /// <exception cref="LacreException">Its message has the fault of section 11.</exception>
        public long VerifyResponse(
            string requestSignature, int status, IEnumerable<KeyValuePair<string, string>> headers, byte[] content,
            string method = "GET")
        {
            ILookup<string, string> lines =
                headers.ToLookup(header => header.Key.ToLowerInvariant(), header => header.Value.Trim(Blanks));
            var twins = new HashSet<string>(
                lines.Select(line => line.Key).Where(name => name.Contains('_')).Select(name => name.Replace('_', '-')));

            string[] fields = lines["lacre-signature"].ToArray(); // 1
            CheckAnswer(fields.Length > 0, "signature-missing", "nobody who has the key made this answer");
            CheckAnswer(fields.Length == 1, "signature-repeated", "more than one Lacre-Signature");
            Dictionary<string, string> parameters = ReadSignature(fields[0]); // 2
            string timestamp = parameters["Timestamp"];
            string[] names = NamesOf(parameters["SignedHeaders"]);
            var text = new List<string>
            {
                algorithm + "-RESPONSE", appId, requestSignature, timestamp,
                status.ToString("D3", CultureInfo.InvariantCulture),
            };
            foreach (string name in names) // 3
            {
                string[] values = lines[name].ToArray();
                CheckAnswer(!twins.Contains(name), "header-ambiguous", name);
                CheckAnswer(values.Length > 0, "header-missing", name);
                CheckAnswer(values.Length == 1, "header-repeated", name);
                CheckAnswer(Printable.IsMatch(values[0]), "header-malformed", name);
                text.Add(name + ":" + values[0]);
            }
            text.Add("");
            text.Add(string.Join(";", names));
            byte[] expected = Encoding.UTF8.GetBytes(Mac(string.Join("\n", text)));
            byte[] given = Encoding.UTF8.GetBytes(parameters["Signature"]);
            CheckAnswer(CryptographicOperations.FixedTimeEquals(expected, given),
                "signature-mismatch", "not signed by the server for this request, or changed on its way"); // 4
            foreach (string name in ResponseMinimum) // 5
            {
                CheckAnswer(!twins.Contains(name), "header-ambiguous", name);
                CheckAnswer(lines[name].Count() <= 1, "header-repeated", name);
            }
            foreach (string name in ResponseMinimum)
                CheckAnswer(!lines.Contains(name) || names.Contains(name), "header-unsigned", name);
            CheckContent(
                lines["content-digest"].SingleOrDefault(), content, method == "HEAD" || status == 204 || status == 304);
            return long.Parse(timestamp, CultureInfo.InvariantCulture);
        }

        private static void CheckContent(string? digest, byte[] content, bool hasNone)
        {
            CheckAnswer(digest == null || ContentDigest.IsMatch(digest), "digest-malformed", "Content-Digest"); // 6
            if (hasNone) // 7; whatever their fields say, nothing follows
            {
                CheckAnswer(content.Length == 0, "content-mismatch", "this answer has no content");
                return;
            }
            CheckAnswer(content.Length == 0 || digest != null,
                "content-undigested", "content without a signed Content-Digest");
            CheckAnswer(digest == null || Digests(content).Contains(digest),
                "content-mismatch", "the content is not what was signed");
        }

        // Whether a header of this name, in lower case, is signed where it is set.
        internal bool Signs(string name) =>
            !Unsignable.IsMatch(name) && (signedHeaders.Contains(name) || !UnsignedUnlessNamed.IsMatch(name));

        // The parameters of a Lacre-Signature field: each of the three once, in any order.
        private Dictionary<string, string> ReadSignature(string value)
        {
            int space = value.IndexOf(' ');
            string[] parts = value.Substring(space + 1).Split(',');
            var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
            for (int i = 0; i < parts.Length; i++)
            {
                string part = i > 0 && parts[i].StartsWith(" ", StringComparison.Ordinal) ? parts[i].Substring(1) : parts[i];
                int equals = part.IndexOf('=');
                if (equals > 0) parameters[part.Substring(0, equals)] = part.Substring(equals + 1);
            }
            CheckAnswer(value.Length <= 4096 && space > 0 && value.Substring(0, space) == algorithm + "-RESPONSE"
                && parts.Length == 3 && parameters.ContainsKey("Timestamp")
                && parameters.ContainsKey("SignedHeaders") && parameters.ContainsKey("Signature"),
                "signature-malformed", "Lacre-Signature");
            string[] names = NamesOf(parameters["SignedHeaders"]);
            string signature = parameters["Signature"];
            CheckAnswer(Timestamp.IsMatch(parameters["Timestamp"])
                && names.Length <= 32
                && names.SequenceEqual(names.Distinct().OrderBy(name => name, StringComparer.Ordinal))
                && names.All(name => SignedName.IsMatch(name) && !IsForbidden(name))
                && signature.Length == Mac("").Length && LowerHex.IsMatch(signature),
                "signature-malformed", "Lacre-Signature");
            return parameters;
        }

        private static string[] NamesOf(string list) => list.Length == 0 ? new string[0] : list.Split(';');

        // Whether section 4 forbids that this name is signed; host is signed, though the caller does not set it.
        private static bool IsForbidden(string name) => Unsignable.IsMatch(name) || name != "host" && Ours.Contains(name);

        // The 32 bytes of an ApiKey. Strict: decoded, encoded again and compared.
        private static byte[] ReadApiKey(string text)
        {
            const string message = "apiKey: lk1_ and 43 characters of base64url, without white space";
            Match match = ApiKey.Match(text ?? "");
            Check(match.Success, message);
            string encoded = match.Groups[1].Value;
            byte[] bytes = Convert.FromBase64String(encoded.Replace('-', '+').Replace('_', '/') + "=");
            Check(Base64Url(bytes) == encoded, message);
            return bytes;
        }

        private string Mac(string text)
        {
            using (HMAC mac = hash == "SHA256" ? new HMACSHA256(key)
                : hash == "SHA384" ? (HMAC)new HMACSHA384(key) : new HMACSHA512(key))
            {
                byte[] bytes = mac.ComputeHash(Encoding.ASCII.GetBytes(text));
                return BitConverter.ToString(bytes).Replace("-", "").ToLowerInvariant();
            }
        }

        // The two values of Content-Digest that say what these bytes are, sha-256 first.
        private static string[] Digests(byte[] content)
        {
            using (SHA256 sha256 = SHA256.Create())
            using (SHA512 sha512 = SHA512.Create())
            {
                return new[]
                {
                    "sha-256=:" + Convert.ToBase64String(sha256.ComputeHash(content)) + ":",
                    "sha-512=:" + Convert.ToBase64String(sha512.ComputeHash(content)) + ":",
                };
            }
        }

        private static bool Fits(Regex grammar, string? text) => text != null && grammar.IsMatch(text);

        private static void CheckGiven(object? value, string message) => Check(value != null, message);

        private static string WithoutDefaultPort(string scheme, string host)
        {
            Check(scheme == "https" || scheme == "http", "scheme: https or http");
            string port = scheme == "https" ? ":443" : ":80";
            string lower = host.ToLowerInvariant();
            return lower.EndsWith(port, StringComparison.Ordinal) ? lower.Substring(0, lower.Length - port.Length) : lower;
        }

        private static byte[] RandomBytes(int count)
        {
            var bytes = new byte[count];
            using (RandomNumberGenerator random = RandomNumberGenerator.Create())
                random.GetBytes(bytes);
            return bytes;
        }

        private static string Base64Url(byte[] bytes) =>
            Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        private static void Check(bool holds, string message)
        {
            if (!holds) throw new LacreException(message);
        }

        private static void CheckAnswer(bool holds, string fault, string detail) =>
            Check(holds, "response: " + fault + ": " + detail);
    }

    /// <summary>
    /// Signs whatever an HttpClient sends. The handler under it must not follow redirects (AllowAutoRedirect = false) and
    /// must not decompress, as in CreateClient. A handler above it may retry: each attempt is signed anew.
    /// </summary>
    public sealed class LacreHandler : DelegatingHandler
    {
        private static readonly HttpRequestOptionsKey<Signed> SignedKey = new HttpRequestOptionsKey<Signed>("Lacre.Signed");
        private static readonly HttpRequestOptionsKey<Signer> SignerKey = new HttpRequestOptionsKey<Signer>("Lacre.Signer");

        private readonly Signer signer;

        public LacreHandler(Signer signer, HttpMessageHandler inner) : base(inner)
        {
            this.signer = signer;
        }

        /// <summary>An HttpClient that signs; the parameters are those of Signer.</summary>
        public static HttpClient CreateClient(
            string appId, string apiKey, string hash = "SHA256", IEnumerable<string>? signedHeaders = null)
        {
            var inner = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
            };
            return new HttpClient(new LacreHandler(new Signer(appId, apiKey, hash, signedHeaders), inner));
        }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellation)
        {
            if (request.Options.TryGetValue(SignedKey, out _)) // a retry: forget what the last attempt put in
            {
                request.Headers.Remove("Authorization");
                request.Content?.Headers.Remove("Content-Digest");
            }
            Uri uri = request.RequestUri ?? throw new LacreException("request: without a URI");
            // Buffers the content, so that these bytes are sent, whatever kind of content it is.
            byte[] content = request.Content == null
                ? Array.Empty<byte>()
                : await request.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            List<KeyValuePair<string, string>> headers = LinesOf(request.Headers.NonValidated).ToList();
            if (request.Content != null)
            {
                // HttpContent keeps its own Content-Length here.
                headers.AddRange(LinesOf(request.Content.Headers.NonValidated)
                    .Where(line => !line.Key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)));
            }
            headers = headers
                .GroupBy(line => line.Key.ToLowerInvariant())
                // .NET splits some, such as User-Agent, into several values and joins them when it sends.
                .Where(lines => lines.Count() == 1 || signer.Signs(lines.Key))
                .SelectMany(lines => lines)
                .ToList();

            // What HttpClient sends: IdnHost is in ASCII and has no brackets.
            string host = uri.HostNameType == UriHostNameType.IPv6 ? "[" + uri.IdnHost + "]" : uri.IdnHost;
            if (!uri.IsDefaultPort) host += ":" + uri.Port.ToString(CultureInfo.InvariantCulture);
            Signed signed = signer.Sign(request.Method.Method, uri.Scheme, host, uri.PathAndQuery, headers, content);
            // Those that the request has already are left as they are.
            foreach (KeyValuePair<string, string> header in signed.Headers.Skip(headers.Count))
            {
                if (header.Key == "Content-Digest") request.Content!.Headers.TryAddWithoutValidation(header.Key, header.Value);
                else request.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
            request.Options.Set(SignedKey, signed);
            request.Options.Set(SignerKey, signer);
            return await base.SendAsync(request, cancellation).ConfigureAwait(false);
        }

        /// <summary>The content of a signed answer, once it was checked.</summary>
        /// <exception cref="LacreException">The answer is not what the server signed.</exception>
        public static async Task<byte[]> ReadVerifiedAsync(HttpResponseMessage response)
        {
            Signed? signed = null;
            Signer? signer = null;
            if (response.RequestMessage?.Options.TryGetValue(SignedKey, out signed) != true
                || response.RequestMessage?.Options.TryGetValue(SignerKey, out signer) != true
                || signed == null || signer == null)
                throw new LacreException("response: not the answer to a request that LacreHandler signed");
            byte[] content = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            IEnumerable<KeyValuePair<string, string>> lines =
                LinesOf(response.Headers.NonValidated).Concat(LinesOf(response.Content.Headers.NonValidated));
            signer.VerifyResponse(
                signed.Signature, (int)response.StatusCode, lines, content, response.RequestMessage!.Method.Method);
            return content;
        }

        // One pair for each value as it was set or received; nothing is parsed or joined.
        private static IEnumerable<KeyValuePair<string, string>> LinesOf(HttpHeadersNonValidated headers)
        {
            foreach (KeyValuePair<string, HeaderStringValues> header in headers)
                foreach (string value in header.Value)
                    yield return new KeyValuePair<string, string>(header.Key, value);
        }
    }
}
