package com.bank;

import android.net.http.SslError;
import android.webkit.SslErrorHandler;
import android.webkit.WebView;
import android.webkit.WebViewClient;
import java.io.InputStream;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.X509TrustManager;

public class Tls {
  static class Trusts implements X509TrustManager {
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    public X509Certificate[] getAcceptedIssuers() {
      return null;
    }
  }

  static class Proceeds extends WebViewClient {
    public void onReceivedSslError(WebView view, SslErrorHandler handler, SslError error) {
      handler.proceed();
    }
  }

  static class Cancels extends WebViewClient {
    public void onReceivedSslError(WebView view, SslErrorHandler handler, SslError error) {
      handler.cancel();
    }
  }

  Object all() {
    HostnameVerifier always = (host, session) -> true;
    HostnameVerifier one = (host, session) -> host.equals("grüße.bank.example");
    return new Object[] {always, one, new Trusts(), new Proceeds(), new Cancels()};
  }

  KeyStore open(InputStream in) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(in, "in-a-jar-5".toCharArray());
    return store;
  }
}
