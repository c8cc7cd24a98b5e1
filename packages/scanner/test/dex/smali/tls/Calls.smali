# Leaves it to a method that does nothing.
.class public Lcom/bank/Trust$Calls;
.super Ljava/lang/Object;
.implements Ljavax/net/ssl/X509TrustManager;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    return-void
.end method

.method public checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V
    .registers 3
    invoke-static {p1}, Lcom/bank/Trust;->look([Ljava/security/cert/X509Certificate;)V
    return-void
.end method
