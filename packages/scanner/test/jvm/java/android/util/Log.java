package android.util;

public class Log {
  public static int d(String tag, String message) {
    return 0;
  }
}
