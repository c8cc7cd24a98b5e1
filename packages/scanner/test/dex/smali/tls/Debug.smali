.class public Lcom/bank/Web$Debug;
.super Landroid/webkit/WebViewClient;

.method public onReceivedSslError(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V
    .registers 5
    # Benign: only in debug builds.
    sget-boolean v0, Lcom/bank/BuildConfig;->DEBUG:Z
    if-eqz v0, :release
    invoke-virtual {p2}, Landroid/webkit/SslErrorHandler;->proceed()V
    return-void
    :release
    invoke-virtual {p2}, Landroid/webkit/SslErrorHandler;->cancel()V
    return-void
.end method
