import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads lines as Hive's RegexSerDe does, which Athena uses: Java's regular expressions, with a dot for any character,
 * on the whole line.
 *
 * <p>From standard input: the pattern, the types of the columns with blanks between them, then lines. To standard output:
 * a line for each, its groups with U+0001 between them, or NULL. A value that does not fit its column's type is NULL, too.
 */
public class Lines {
  public static void main(String[] args) throws Exception {
    String[] input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1);
    Pattern pattern = Pattern.compile(input[0], Pattern.DOTALL);
    String[] types = input[1].split(" ");
    StringBuilder output = new StringBuilder();
    for (int place = 2; place < input.length; place += 1) {
      Matcher matcher = pattern.matcher(input[place]);
      List<String> values = new ArrayList<>();
      if (matcher.matches()) {
        for (int group = 1; group <= types.length; group += 1) {
          values.add(read(matcher.group(group), types[group - 1]));
        }
      }
      output.append(values.isEmpty() ? "NULL" : String.join("\u0001", values)).append('\n');
    }
    System.out.write(output.toString().getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }

  private static String read(String value, String type) {
    try {
      return switch (type) {
        case "bigint" -> String.valueOf(Long.parseLong(value));
        case "double" -> String.valueOf(Double.parseDouble(value));
        case "boolean" -> String.valueOf(Boolean.parseBoolean(value));
        case "timestamp" -> Timestamp.valueOf(value).toLocalDateTime().toString();
        case "date" -> Date.valueOf(value).toString();
        case "hour" -> LocalDateTime.parse(value + ":00", DateTimeFormatter.ofPattern("yyyy-MM-dd-HH:mm")).toString();
        default -> value;
      };
    } catch (RuntimeException e) {
      return "NULL";
    }
  }
}
