.class public Lcom/bank/Web$ByError;
.super Landroid/webkit/WebViewClient;

.method public onReceivedSslError(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V
    .registers 6
    # Names the error, and goes on whatever it is.
    invoke-virtual {p3}, Landroid/net/http/SslError;->getPrimaryError()I
    move-result v0
    const-string v1, "error"
    packed-switch v0, :cases
    goto :told
    :expired
    const-string v1, "expired"
    goto :told
    :untrusted
    const-string v1, "untrusted"
    :told
    invoke-static {v1, v1}, Landroid/util/Log;->w(Ljava/lang/String;Ljava/lang/String;)I
    invoke-virtual {p2}, Landroid/webkit/SslErrorHandler;->proceed()V
    return-void
    :cases
    .packed-switch 0x1
        :expired
        :untrusted
    .end packed-switch
.end method
