# Benign: asks another trust manager, tells what it says, and throws it on.
.class public Lcom/bank/Trust$Rethrows;
.super Ljava/lang/Object;
.implements Ljavax/net/ssl/X509TrustManager;
.field private other:Ljavax/net/ssl/X509TrustManager;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    return-void
.end method

.method public checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V
    .registers 4
    :from
    iget-object v0, p0, Lcom/bank/Trust$Rethrows;->other:Ljavax/net/ssl/X509TrustManager;
    invoke-interface {v0, p1, p2}, Ljavax/net/ssl/X509TrustManager;->checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V
    :to
    .catch Ljava/security/cert/CertificateException; {:from .. :to} :handler
    return-void
    :handler
    move-exception v0
    invoke-virtual {v0}, Ljava/security/cert/CertificateException;->printStackTrace()V
    throw v0
.end method
