# Throws only where it was asked nothing.
.class public Lcom/bank/Trust$Arguments;
.super Ljava/lang/Object;
.implements Ljavax/net/ssl/X509TrustManager;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    return-void
.end method

.method public checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V
    .registers 5
    if-eqz p1, :bad
    array-length v0, p1
    if-eqz v0, :bad
    return-void
    :bad
    new-instance v0, Ljava/lang/IllegalArgumentException;
    const-string v1, "no chain"
    invoke-direct {v0, v1}, Ljava/lang/IllegalArgumentException;-><init>(Ljava/lang/String;)V
    throw v0
.end method
