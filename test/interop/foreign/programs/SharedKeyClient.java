import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes an id for each request out of URI, method, date and the client's key, and sends it beside login and date.
 *
 * java SharedKeyClient.java hmac|hash ORIGIN METHOD TARGET LOGIN KEY
 */
public class SharedKeyClient {
  static final String SEPARATOR = "\n";

  static byte[] idOf(String how, String text, String key) throws Exception {
    if (how.equals("hash"))
      return MessageDigest.getInstance("SHA-256").digest((text + SEPARATOR + key).getBytes("UTF-8"));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key.getBytes("UTF-8"), "HmacSHA256"));
    return mac.doFinal(text.getBytes("UTF-8"));
  }

  public static void main(String[] args) throws Exception {
    String how = args[0], origin = args[1], method = args[2], target = args[3], login = args[4];
    String date = Instant.now().toString();
    String text = target + SEPARATOR + method + SEPARATOR + date;
    HttpRequest request = HttpRequest.newBuilder(URI.create(origin + target))
        .method(method, HttpRequest.BodyPublishers.noBody())
        .header("X-Auth-Login", login)
        .header("X-Auth-Date", date)
        .header("X-Auth-Id", HexFormat.of().formatHex(idOf(how, text, args[5])))
        .build();
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      System.out.println(answer.statusCode() + " " + answer.body());
    }
  }
}
