.class public Lcom/bank/Web$NullCheck;
.super Landroid/webkit/WebViewClient;

.method public onReceivedSslError(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V
    .registers 4
    if-eqz p2, :none
    invoke-virtual {p2}, Landroid/webkit/SslErrorHandler;->proceed()V
    :none
    return-void
.end method
