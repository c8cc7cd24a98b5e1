package com.bank;

import android.net.http.SslError;
import android.util.Log;
import android.webkit.SslErrorHandler;
import android.webkit.WebView;
import android.webkit.WebViewClient;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509TrustManager;
import kotlin.jvm.internal.Intrinsics;

/** What code does that refuses nothing, or looks like it and refuses. Names of classes that refuse begin with `Checks`. */
public class Shapes {
  private static final Object lock = new Object();

  abstract static class Manager implements X509TrustManager {
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  /** As Kotlin compiles an empty body. */
  static class NullChecked extends Manager {
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      Intrinsics.checkNotNullParameter(chain, "chain");
      Intrinsics.checkNotNullParameter(type, "authType");
    }
  }

  /** As Netty's InsecureTrustManagerFactory. */
  static class Logged extends Manager {
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      Log.d("Tls", "Accepting a server certificate: " + chain[0].getSubjectDN());
    }
  }

  static class Caught extends Manager {
    private X509TrustManager real;

    public void checkServerTrusted(X509Certificate[] chain, String type) {
      try {
        real.checkServerTrusted(chain, type);
      } catch (CertificateException e) {
        Log.d("Tls", "Not trusted");
      }
    }
  }

  static class OnlyDates extends Manager {
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
      for (X509Certificate each : chain) each.checkValidity();
    }
  }

  static class Helped extends Manager {
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      accept(chain);
    }

    private void accept(X509Certificate[] chain) {
      if (chain == null) throw new IllegalArgumentException("no chain");
    }
  }

  static class ChecksByOther extends Manager {
    private X509TrustManager real;

    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
      real.checkServerTrusted(chain, type);
    }
  }

  static class ChecksByThrow extends Manager {
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
      if (!chain[0].getSubjectDN().getName().contains("bank")) throw new CertificateException("no");
    }
  }

  static class ChecksNothing extends Manager {
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      throw new UnsupportedOperationException();
    }
  }

  static class AnyName implements HostnameVerifier {
    public boolean verify(String host, SSLSession session) {
      Intrinsics.checkNotNullParameter(host, "hostname");
      Log.d("Tls", "Accepting " + host);
      return true;
    }
  }

  static class AnyNameByVariable implements HostnameVerifier {
    public boolean verify(String host, SSLSession session) {
      boolean accepted = true;
      if (session == null) accepted = true;
      return accepted;
    }
  }

  static class AnyNameByMethod implements HostnameVerifier {
    public boolean verify(String host, SSLSession session) {
      return yes();
    }

    private static boolean yes() {
      return true;
    }
  }

  static class ChecksName implements HostnameVerifier {
    public boolean verify(String host, SSLSession session) {
      return host.startsWith("bank") ? false : true;
    }
  }

  static class ChecksNameByVariable implements HostnameVerifier {
    public boolean verify(String host, SSLSession session) {
      boolean accepted = true;
      if (session == null) accepted = false;
      return accepted;
    }
  }

  static class ChecksNameByThrow implements HostnameVerifier {
    public boolean verify(String host, SSLSession session) {
      if (session == null) throw new IllegalStateException();
      return true;
    }
  }

  /** `handler?.proceed()` of Kotlin. */
  static class Proceeds extends WebViewClient {
    public void onReceivedSslError(WebView view, SslErrorHandler handler, SslError error) {
      Log.d("Web", "Error");
      if (handler != null) handler.proceed();
    }
  }

  static class ProceedsByMethod extends WebViewClient {
    public void onReceivedSslError(WebView view, SslErrorHandler handler, SslError error) {
      goOn(handler);
    }

    private void goOn(SslErrorHandler handler) {
      handler.proceed();
    }
  }

  static class ChecksError extends WebViewClient {
    public void onReceivedSslError(WebView view, SslErrorHandler handler, SslError error) {
      switch (error.hashCode()) {
        case 1:
        case 2:
          handler.cancel();
          break;
        case 900:
          handler.cancel();
          break;
        default:
          handler.proceed();
      }
    }
  }
}
