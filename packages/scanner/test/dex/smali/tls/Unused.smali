.class public Lcom/bank/Unused;
.super Ljavax/net/ssl/X509ExtendedTrustManager;

.method public checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;Ljava/net/Socket;)V
    .registers 4
    return-void
.end method
