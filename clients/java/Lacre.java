package lacre;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * A client for LACRE1 (docs/protocol.md) in one file, on java.net.http.HttpClient. Java 11 or newer.
 *
 * <pre>
 *   Lacre lacre = new Lacre(appId, apiKey); // or new Lacre(appId, apiKey, "SHA512")
 *   Lacre.Answer answer = lacre.send("POST", "https://api.example.com/orders",
 *       List.of(Map.entry("Content-Type", "application/json")), "{\"item\":\"tea\"}".getBytes(UTF_8));
 *   lacre.verifyResponse(answer);
 * </pre>
 *
 * The last line is for servers that sign their answers. The tests of the project run this file: of the vectors in
 * docs/vectors/lacre1.json all senders, keys and answers and every request that a sender can make, and real requests.
 * An object of this class can be shared by threads.
 */
public final class Lacre {
    private static final Pattern APP_ID = Pattern.compile("(?!lk1_)[A-Za-z0-9._~-]{1,128}");
    private static final Pattern API_KEY = Pattern.compile("lk1_([A-Za-z0-9_-]{43})");
    private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9_-]{16,128}");
    private static final Pattern TIMESTAMP = Pattern.compile("[1-9][0-9]{9}");
    private static final Pattern METHOD = Pattern.compile("(?!(?:CONNECT|TRACE)\\z)[A-Z-]{1,32}");
    private static final Pattern TARGET = Pattern.compile("/[\\x21\\x22\\x24-\\x7e]{0,8191}");
    private static final Pattern HOST =
        Pattern.compile("(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?");
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9-]{0,63}");
    private static final Pattern SIGNED_NAME = Pattern.compile("[a-z][a-z0-9-]{0,63}");
    private static final Pattern PRINTABLE = Pattern.compile("[\\x20-\\x7e]*");
    /** Section 5: strict base64, so without stray bits in the last character. */
    private static final Pattern DIGEST = Pattern.compile(
        "sha-256=:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=:|sha-512=:[A-Za-z0-9+/]{85}[AQgw]==:");
    private static final Pattern BLANKS_AT_THE_ENDS = Pattern.compile("\\A[ \\t]+|[ \\t]+\\z");
    /** A query parameter whose decoded name begins with "lacre-" (section 12). */
    private static final Pattern LACRE_PARAMETER = Pattern.compile(
        "\\A[^?]*\\?(?:.*&)?(?:l|%[46]c)(?:a|%[46]1)(?:c|%[46]3)(?:r|%[57]2)(?:e|%[46]5)(?:-|%2d)",
        Pattern.CASE_INSENSITIVE);

    /** Section 4: proxies change these, so they travel unsigned; so does every proxy-… and x-forwarded-…. */
    private static final Set<String> UNSIGNABLE = Set.of(
        "connection", "cookie", "expect", "forwarded", "keep-alive", "te", "trailer", "upgrade", "via");
    /** Section 4: others add or rewrite these, so they travel unsigned unless signedHeaders names them. */
    private static final Pattern UNSIGNED_UNLESS_NAMED = Pattern.compile(
        "accept|accept-charset|accept-encoding|accept-language|alt-used|b3|baggage|cache-control|cdn-loop|dnt"
        + "|early-data|max-forwards|origin|pragma|priority|referer|save-data|traceparent|tracestate|true-client-ip"
        + "|upgrade-insecure-requests|user-agent|x-amz-cf-id|x-client-ip|x-cloud-trace-context|x-real-ip|x-request-id"
        + "|(?:cf|fastly|fly|sec|x-amzn|x-azure|x-b3|x-envoy|x-vercel)-.*");
    /** What this client sets itself, so that there is never a second line. */
    private static final Set<String> OURS = Set.of("authorization", "content-length", "host", "transfer-encoding");
    /** Section 11: signed whenever the response carries them. */
    private static final List<String> RESPONSE_MINIMUM =
        List.of("content-digest", "content-encoding", "content-type", "lacre-clock", "location", "retry-after");
    private static final SecureRandom RANDOM = new SecureRandom();

    /** A request that no server would accept, or an answer that is not what the server signed. */
    public static final class LacreException extends RuntimeException {
        private static final long serialVersionUID = 1;

        LacreException(String message) {
            super(message);
        }
    }

    /** What {@link #sign} gives: send all these headers, and change nothing. */
    public static final class Signed {
        /** The caller's, Content-Digest and Authorization; HttpClient sends Host itself. */
        public final List<Map.Entry<String, String>> headers;
        public final String authorization;
        /** {@link #verifyResponse} asks for it. */
        public final String signature;
        public final String canonicalRequest;

        Signed(List<Map.Entry<String, String>> headers, String authorization, String signature, String text) {
            this.headers = headers;
            this.authorization = authorization;
            this.signature = signature;
            this.canonicalRequest = text;
        }
    }

    public static final class Answer {
        public final HttpResponse<byte[]> response;
        public final String requestSignature;

        Answer(HttpResponse<byte[]> response, String requestSignature) {
            this.response = response;
            this.requestSignature = requestSignature;
        }
    }

    private final String appId;
    private final SecretKeySpec key;
    private final String algorithm;
    private final Set<String> signedHeaders = new HashSet<>();
    private final HttpClient http = HttpClient.newBuilder()
        .followRedirects(HttpClient.Redirect.NEVER)
        .version(HttpClient.Version.HTTP_1_1) // else it offers h2c in plain HTTP, with headers that proxies trip over
        .connectTimeout(Duration.ofSeconds(30))
        .build();

    public Lacre(String appId, String apiKey) {
        this(appId, apiKey, "SHA256", Set.of());
    }

    /** @param hash SHA256, SHA384 or SHA512 */
    public Lacre(String appId, String apiKey, String hash) {
        this(appId, apiKey, hash, Set.of());
    }

    /**
     * @param hash SHA256, SHA384 or SHA512
     * @param signedHeaders headers to sign that section 4 leaves unsigned, such as x-request-id, where you set them
     */
    public Lacre(String appId, String apiKey, String hash, Collection<String> signedHeaders) {
        check(fits(APP_ID, appId), "appId: 1 to 128 letters, digits and - _ . ~, and not what begins as keys do");
        check(hash != null && Set.of("SHA256", "SHA384", "SHA512").contains(hash), "hash: SHA256, SHA384 or SHA512");
        this.appId = appId;
        this.key = new SecretKeySpec(readApiKey(apiKey), "Hmac" + hash);
        this.algorithm = "LACRE1-HMAC-" + hash;
        for (String given : signedHeaders) {
            check(fits(NAME, given) && !isForbidden(given.toLowerCase(Locale.ROOT)),
                "signedHeaders: names of headers, none that section 4 forbids");
            this.signedHeaders.add(given.toLowerCase(Locale.ROOT));
        }
    }

    /** Signs a request in the form in which it will be sent. Every call is an attempt with a time and nonce of its own. */
    public Signed sign(String method, String scheme, String host, String target,
            List<Map.Entry<String, String>> headers, byte[] content) {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        return sign(method, scheme, host, target, headers, content,
            Instant.now().getEpochSecond(), base64url(random));
    }

    /**
     * The same with a given time and nonce, for tests.
     *
     * @param target path and query, byte for byte
     * @param headers all are sent, and signed but for those of section 4
     */
    public Signed sign(String method, String scheme, String host, String target,
            List<Map.Entry<String, String>> headers, byte[] content, long timestamp, String nonce) {
        check(fits(METHOD, method), "method: capitals only, neither CONNECT nor TRACE");
        check(fits(TARGET, target),
            "target: begins with /, printable ASCII without # and spaces, at most 8192 characters");
        check(!LACRE_PARAMETER.matcher(target).find(), "target: a query parameter may not begin with lacre-");
        check(fits(HOST, host), "host: a name or an address, with or without a port");
        check(fits(NONCE, nonce) && TIMESTAMP.matcher(Long.toString(timestamp)).matches(),
            "nonce or timestamp: outside its grammar");

        List<Map.Entry<String, String>> lines = new ArrayList<>();
        TreeMap<String, String> values = new TreeMap<>(); // sorted by byte value: the names are ASCII
        check(headers != null, "headers: null, where a list may be empty");
        check(content != null, "content: null, where it may be empty");
        for (Map.Entry<String, String> header : headers) {
            String name = header.getKey();
            check(name != null, "header name: null");
            check(header.getValue() != null, name + ": its value is null");
            String value = trim(header.getValue());
            String lower = name.toLowerCase(Locale.ROOT);
            check(!OURS.contains(lower), name + ": set by this client, so leave it out");
            check(NAME.matcher(name).matches(),
                "header name \"" + name + "\": at most 64 letters, digits and hyphens, a letter first");
            check(PRINTABLE.matcher(value).matches(), name + ": only printable ASCII can be signed");
            check(values.put(lower, value) == null, name + ": set twice");
            lines.add(Map.entry(name, value));
        }
        if (values.containsKey("content-digest")) {
            check(digests(content).contains(values.get("content-digest")),
                "Content-Digest: not the sha-256 or sha-512 of the content");
        } else if (content.length > 0) {
            values.put("content-digest", digests(content).get(0));
            lines.add(Map.entry("Content-Digest", values.get("content-digest")));
        }
        values.put("host", withoutDefaultPort(scheme, host));
        values.keySet().removeIf(name -> isUnsignable(name)
            || UNSIGNED_UNLESS_NAMED.matcher(name).matches() && !signedHeaders.contains(name));
        check(values.size() <= 32, "headers: at most 32 can be signed, host and Content-Digest among them");

        String names = String.join(";", values.keySet());
        List<String> text = new ArrayList<>(
            List.of(algorithm, appId, Long.toString(timestamp), nonce, method, target));
        values.forEach((name, value) -> text.add(name + ":" + value));
        text.addAll(List.of("", names));
        String canonicalRequest = String.join("\n", text);
        String signature = mac(canonicalRequest);
        String authorization = algorithm + " Credential=" + appId + ", Timestamp=" + timestamp
            + ", Nonce=" + nonce + ", SignedHeaders=" + names + ", Signature=" + signature;
        lines.add(Map.entry("Authorization", authorization));
        return new Signed(lines, authorization, signature, canonicalRequest);
    }

    /**
     * Sends one signed request. Follows no redirect. HttpClient may send the same bytes once more on a connection that
     * broke; since they have one nonce, they run at most once.
     */
    public Answer send(String method, String url, List<Map.Entry<String, String>> headers, byte[] content)
            throws IOException, InterruptedException {
        check(content != null, "content: null, where it may be empty");
        URI uri = readUri(url);
        // The target and the host that HttpClient makes of the URI. It sends no empty query.
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null || uri.getRawQuery().isEmpty() ? "" : "?" + uri.getRawQuery();
        String host = uri.getHost() + (uri.getPort() < 0 ? "" : ":" + uri.getPort());
        Signed signed = sign(method, uri.getScheme().toLowerCase(Locale.ROOT), host, path + query, headers, content);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(30))
            .method(method, content.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(content));
        signed.headers.forEach(header -> request.header(header.getKey(), header.getValue()));
        return new Answer(http.send(request.build(), BodyHandlers.ofByteArray()), signed.signature);
    }

    /** Checks a signed answer (section 11). Gives the server's time. */
    public long verifyResponse(Answer answer) {
        HttpResponse<byte[]> response = answer.response;
        return verifyResponse(answer.requestSignature, response.statusCode(), response.headers().map(), response.body(),
            response.request().method());
    }

    /**
     * The same, of an answer to the request that has this signature.
     *
     * @param headers each name with its lines as received, as HttpHeaders.map() has them
     * @param content the bytes before any decompression
     * @param method that of the request: the answer to a HEAD has no content
     * @throws LacreException whose message has the fault of section 11
     */
    public long verifyResponse(String requestSignature, int status, Map<String, List<String>> headers, byte[] content,
            String method) {
        Map<String, List<String>> lines = new HashMap<>();
        Set<String> twins = new HashSet<>();
        headers.forEach((given, values) -> {
            String name = given.toLowerCase(Locale.ROOT);
            values.forEach(value -> lines.computeIfAbsent(name, n -> new ArrayList<>()).add(trim(value)));
            if (name.contains("_")) twins.add(name.replace('_', '-'));
        });

        List<String> fields = lines.getOrDefault("lacre-signature", List.of()); // 1
        checkAnswer(!fields.isEmpty(), "signature-missing", "nobody who has the key made this answer");
        checkAnswer(fields.size() == 1, "signature-repeated", "more than one Lacre-Signature");
        Map<String, String> parameters = readSignature(fields.get(0)); // 2
        String timestamp = parameters.get("Timestamp");
        List<String> names = namesOf(parameters.get("SignedHeaders"));
        List<String> text = new ArrayList<>(
            List.of(algorithm + "-RESPONSE", appId, requestSignature, timestamp, String.format("%03d", status)));
        for (String name : names) { // 3
            List<String> values = lines.getOrDefault(name, List.of());
            checkAnswer(!twins.contains(name), "header-ambiguous", name);
            checkAnswer(!values.isEmpty(), "header-missing", name);
            checkAnswer(values.size() == 1, "header-repeated", name);
            checkAnswer(PRINTABLE.matcher(values.get(0)).matches(), "header-malformed", name);
            text.add(name + ":" + values.get(0));
        }
        text.addAll(List.of("", String.join(";", names)));
        byte[] expected = mac(String.join("\n", text)).getBytes(ISO_8859_1);
        checkAnswer(MessageDigest.isEqual(expected, parameters.get("Signature").getBytes(ISO_8859_1)),
            "signature-mismatch", "not signed by the server for this request, or changed on its way"); // 4
        for (String name : RESPONSE_MINIMUM) { // 5
            checkAnswer(!twins.contains(name), "header-ambiguous", name);
            checkAnswer(lines.getOrDefault(name, List.of()).size() <= 1, "header-repeated", name);
        }
        for (String name : RESPONSE_MINIMUM)
            checkAnswer(!lines.containsKey(name) || names.contains(name), "header-unsigned", name);
        checkContent(lines.getOrDefault("content-digest", List.of()), content,
            method.equals("HEAD") || status == 204 || status == 304);
        return Long.parseLong(timestamp);
    }

    /** @param digest the signed Content-Digest, or nothing where there is none */
    private static void checkContent(List<String> digest, byte[] content, boolean hasNone) {
        checkAnswer(digest.stream().allMatch(value -> DIGEST.matcher(value).matches()),
            "digest-malformed", "Content-Digest"); // 6
        if (hasNone) { // 7; whatever their fields say, nothing follows
            checkAnswer(content.length == 0, "content-mismatch", "this answer has no content");
            return;
        }
        checkAnswer(content.length == 0 || !digest.isEmpty(),
            "content-undigested", "content without a signed Content-Digest");
        checkAnswer(digest.isEmpty() || digests(content).containsAll(digest),
            "content-mismatch", "the content is not what was signed");
    }

    /** The parameters of a Lacre-Signature field: each of the three once, in any order. */
    private Map<String, String> readSignature(String value) {
        String[] halves = value.split(" ", 2);
        String[] parts = halves[halves.length - 1].split(",", -1);
        Map<String, String> parameters = new HashMap<>();
        for (int i = 0; i < parts.length; i++) {
            String part = i > 0 && parts[i].startsWith(" ") ? parts[i].substring(1) : parts[i];
            int equals = part.indexOf('=');
            if (equals > 0) parameters.put(part.substring(0, equals), part.substring(equals + 1));
        }
        checkAnswer(value.length() <= 4096 && halves[0].equals(algorithm + "-RESPONSE") && parts.length == 3
            && parameters.keySet().equals(Set.of("Timestamp", "SignedHeaders", "Signature")),
            "signature-malformed", "Lacre-Signature");
        List<String> names = namesOf(parameters.get("SignedHeaders"));
        checkAnswer(TIMESTAMP.matcher(parameters.get("Timestamp")).matches()
            && names.size() <= 32
            && names.equals(new ArrayList<>(new TreeSet<>(names)))
            && names.stream().allMatch(name -> SIGNED_NAME.matcher(name).matches() && !isForbidden(name))
            && parameters.get("Signature").matches("[0-9a-f]{" + mac("").length() + "}"),
            "signature-malformed", "Lacre-Signature");
        return parameters;
    }

    private static List<String> namesOf(String list) {
        return list.isEmpty() ? List.of() : List.of(list.split(";", -1));
    }

    /** The 32 bytes of an ApiKey. Strict: decoded, encoded again and compared. */
    static byte[] readApiKey(String text) {
        Matcher match = API_KEY.matcher(text == null ? "" : text);
        String message = "apiKey: lk1_ and 43 characters of base64url, without white space";
        check(match.matches(), message);
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(match.group(1));
            check(base64url(bytes).equals(match.group(1)), message);
            return bytes;
        } catch (IllegalArgumentException error) {
            throw new LacreException(message);
        }
    }

    private static URI readUri(String url) {
        check(url != null, "url: null");
        try {
            URI uri = URI.create(url);
            check(uri.getScheme() != null && uri.getHost() != null && uri.getRawUserInfo() == null,
                "url: absolute, with a host that Java knows how to read, without user information");
            return uri;
        } catch (IllegalArgumentException error) { // an unescaped space, %zz, …
            throw new LacreException("url: " + error.getMessage());
        }
    }

    private String mac(String text) {
        try {
            Mac mac = Mac.getInstance(key.getAlgorithm());
            mac.init(key);
            StringBuilder hex = new StringBuilder();
            for (byte b : mac.doFinal(text.getBytes(ISO_8859_1)))
                hex.append(String.format("%02x", b));
            return hex.toString();
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error); // every Java has these algorithms
        }
    }

    /** The two values of Content-Digest that say what these bytes are, sha-256 first. */
    private static List<String> digests(byte[] content) {
        List<String> digests = new ArrayList<>();
        for (String bits : List.of("256", "512")) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-" + bits).digest(content);
                digests.add("sha-" + bits + "=:" + Base64.getEncoder().encodeToString(digest) + ":");
            } catch (GeneralSecurityException error) {
                throw new IllegalStateException(error);
            }
        }
        return digests;
    }

    private static String withoutDefaultPort(String scheme, String host) {
        check("https".equals(scheme) || "http".equals(scheme), "scheme: https or http");
        String port = scheme.equals("https") ? ":443" : ":80";
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(port) ? lower.substring(0, lower.length() - port.length()) : lower;
    }

    private static boolean isUnsignable(String name) {
        return UNSIGNABLE.contains(name) || name.startsWith("proxy-") || name.startsWith("x-forwarded-");
    }

    /** Whether section 4 forbids that this name is signed; host is signed, though the caller does not set it. */
    private static boolean isForbidden(String name) {
        return isUnsignable(name) || OURS.contains(name) && !name.equals("host");
    }

    private static boolean fits(Pattern pattern, String text) {
        return text != null && pattern.matcher(text).matches();
    }

    private static String trim(String value) {
        return BLANKS_AT_THE_ENDS.matcher(value).replaceAll("");
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static void check(boolean holds, String message) {
        if (!holds) throw new LacreException(message);
    }

    private static void checkAnswer(boolean holds, String fault, String detail) {
        check(holds, "response: " + fault + ": " + detail);
    }
}
