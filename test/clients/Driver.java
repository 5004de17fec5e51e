import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import lacre.Lacre;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Does what each line of stdin says, with the Java client; test/clients/driver.ts knows the lines. */
public final class Driver {
    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, ISO_8859_1));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            List<String> fields = new ArrayList<>(Arrays.asList(line.split("\\|", -1)));
            String command = fields.remove(0);
            List<String> values = new ArrayList<>();
            try {
                String names = text(fields.get(3));
                Lacre lacre = new Lacre(text(fields.get(0)), text(fields.get(1)), text(fields.get(2)).toUpperCase(Locale.ROOT),
                    names.isEmpty() ? List.of() : List.of(names.split(" ")));
                values.addAll(act(command, lacre, fields.subList(4, fields.size())));
                print("ok", values);
            } catch (Lacre.LacreException error) {
                print("refused", List.of(error.getMessage()));
            }
        }
    }

    private static List<String> act(String command, Lacre lacre, List<String> fields) throws Exception {
        switch (command) {
            case "key":
                return List.of();
            case "sign": {
                Lacre.Signed signed = lacre.sign(text(fields.get(2)), text(fields.get(3)), text(fields.get(4)),
                    text(fields.get(5)), headers(fields.get(6)), bytes(fields.get(7)),
                    Long.parseLong(text(fields.get(0))), text(fields.get(1)));
                return List.of(signed.canonicalRequest, signed.signature, signed.authorization);
            }
            case "verify":
                return List.of(Long.toString(lacre.verifyResponse(text(fields.get(0)),
                    Integer.parseInt(text(fields.get(1))), lines(headers(fields.get(2))), bytes(fields.get(3)),
                    text(fields.get(4)))));
            case "call": {
                Lacre.Answer answer =
                    lacre.send(text(fields.get(0)), text(fields.get(1)), headers(fields.get(2)), bytes(fields.get(3)));
                HttpResponse<byte[]> response = answer.response;
                String verdict = "yes";
                try {
                    lacre.verifyResponse(answer);
                } catch (Lacre.LacreException error) {
                    verdict = error.getMessage();
                }
                return List.of(Integer.toString(response.statusCode()), new String(response.body(), ISO_8859_1), verdict);
            }
            case "wrong types": {
                String url = text(fields.get(1));
                byte[] none = new byte[0];
                return List.of(refusal(() -> lacre.send("POST", url, List.of(), null)),
                    refusal(() -> lacre.send("GET", url, List.of(new SimpleEntry<>("X-Note", null)), none)),
                    refusal(() -> lacre.send("GET", url, List.of(new SimpleEntry<>(null, "a")), none)),
                    refusal(() -> lacre.send("GET", url, null, none)),
                    refusal(() -> lacre.send("GET", null, List.of(), none)),
                    refusal(() -> lacre.send(null, url, List.of(), none)),
                    refusal(() -> new Lacre(null, "")), refusal(() -> new Lacre("a", null)));
            }
            default:
                throw new IllegalArgumentException(command);
        }
    }

    private static String refusal(Callable<?> attempt) throws Exception {
        try {
            return attempt.call().toString();
        } catch (Lacre.LacreException error) {
            return error.getMessage();
        }
    }

    private static byte[] bytes(String field) {
        return Base64.getDecoder().decode(field);
    }

    private static String text(String field) {
        return new String(bytes(field), ISO_8859_1);
    }

    private static List<Map.Entry<String, String>> headers(String field) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        if (field.isEmpty()) return headers;
        for (String pair : field.split(" ")) {
            String[] parts = pair.split(":", -1);
            headers.add(Map.entry(text(parts[0]), text(parts[1])));
        }
        return headers;
    }

    private static Map<String, List<String>> lines(List<Map.Entry<String, String>> headers) {
        Map<String, List<String>> lines = new LinkedHashMap<>();
        for (Map.Entry<String, String> header : headers)
            lines.computeIfAbsent(header.getKey(), name -> new ArrayList<>()).add(header.getValue());
        return lines;
    }

    private static void print(String verdict, List<String> values) {
        StringBuilder line = new StringBuilder(verdict);
        for (String value : values)
            line.append('|').append(Base64.getEncoder().encodeToString(value.getBytes(ISO_8859_1)));
        System.out.println(line);
    }
}
