import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads lines as Hive's RegexSerDe does, which Athena uses: Java's regular expressions, a dot for any character, on the
 * whole line; a value that does not fit its column's type is NULL.
 *
 * Standard input: a pattern, the types of its columns with blanks between them, how many lines follow, the lines; and so
 * on. Standard output: a line for each of them, its values with U+0001 between them, or NULL if it does not match.
 */
class RegexSerDe {
  public static void main(String[] args) throws Exception {
    String text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    Iterator<String> input = List.of(text.split("\n", -1)).iterator();
    StringBuilder output = new StringBuilder();
    while (input.hasNext()) {
      Pattern pattern = Pattern.compile(input.next(), Pattern.DOTALL);
      String[] types = input.next().split(" ");
      for (int left = Integer.parseInt(input.next()); left > 0; left -= 1) {
        output.append(row(pattern.matcher(input.next()), types)).append('\n');
      }
    }
    System.out.write(output.toString().getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }

  private static String row(Matcher matcher, String[] types) {
    if (!matcher.matches()) {
      return "NULL";
    }
    List<String> values = new ArrayList<>();
    for (int column = 0; column < types.length; column += 1) {
      values.add(value(matcher.group(column + 1), types[column]));
    }
    return String.join("\u0001", values);
  }

  private static String value(String text, String type) {
    try {
      return switch (type) {
        case "bigint" -> String.valueOf(Long.parseLong(text));
        case "double" -> String.valueOf(Double.parseDouble(text));
        case "boolean" -> String.valueOf(Boolean.parseBoolean(text));
        case "timestamp" -> Timestamp.valueOf(text).toLocalDateTime().toString();
        case "date" -> Date.valueOf(text).toString();
        case "hour" -> LocalDateTime.parse(text + ":00", DateTimeFormatter.ofPattern("yyyy-MM-dd-HH:mm")).toString();
        default -> text;
      };
    } catch (RuntimeException e) {
      return "NULL";
    }
  }
}
