package kotlin.jvm.internal;

public class Intrinsics {
  public static void checkNotNullParameter(Object value, String name) {}
}
