package android.webkit;

public class SslErrorHandler {
  public void proceed() {}

  public void cancel() {}
}
