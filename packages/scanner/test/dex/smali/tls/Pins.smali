# Benign: compares the name of the first certificate, and throws.
.class public Lcom/bank/Trust$Pins;
.super Ljava/lang/Object;
.implements Ljavax/net/ssl/X509TrustManager;

.method public constructor <init>()V
    .registers 1
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    return-void
.end method

.method public checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V
    .registers 5
    const/4 v0, 0x0
    aget-object v1, p1, v0
    invoke-virtual {v1}, Ljava/security/cert/X509Certificate;->getSerialNumber()Ljava/math/BigInteger;
    move-result-object v1
    sget-object v0, Ljava/math/BigInteger;->ONE:Ljava/math/BigInteger;
    invoke-virtual {v1, v0}, Ljava/math/BigInteger;->equals(Ljava/lang/Object;)Z
    move-result v0
    if-nez v0, :good
    new-instance v0, Ljava/security/cert/CertificateException;
    invoke-direct {v0}, Ljava/security/cert/CertificateException;-><init>()V
    throw v0
    :good
    return-void
.end method
