/** Java's own HttpClient: `java JobClient <url> <file with a token> <body>` prints the answer, or, with `watch`, each event. */
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;

class JobClient {
  static final HttpClient client = HttpClient.newHttpClient();

  public static void main(String[] args) throws Exception {
    if (args.length == 3) System.out.println(client.send(request(args, "application/json", null), HttpResponse.BodyHandlers.ofString()).body());
    else watch(args);
  }

  static HttpRequest request(String[] args, String accept, String lastEventId) throws Exception {
    HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(args[0]))
      .header("Content-Type", "application/json")
      .header("Accept", accept)
      .header("Authorization", "Bearer " + Files.readString(Path.of(args[1])))
      .POST(HttpRequest.BodyPublishers.ofString(args[2]));
    if (lastEventId != null) builder.header("Last-Event-ID", lastEventId);
    return builder.build();
  }

  /** A stream that ends without `complete` is asked for again, from the last event on. */
  static void watch(String[] args) throws Exception {
    String lastEventId = null;
    while (true) {
      try {
        HttpResponse<java.util.stream.Stream<String>> response =
          client.send(request(args, "text/event-stream", lastEventId), HttpResponse.BodyHandlers.ofLines());
        if (response.statusCode() == 200) for (Iterator<String> lines = response.body().iterator(); lines.hasNext();) {
          String line = lines.next();
          if (line.startsWith("id: ")) lastEventId = line.substring(4);
          if (line.startsWith("data: {")) System.out.println(line.substring(6));
          if (line.equals("event: complete")) return;
        }
      } catch (java.io.IOException | java.io.UncheckedIOException error) {
        System.err.println(error);
      }
      Thread.sleep(200);
    }
  }
}
