.class public Lcom/bank/Trust$Dates;
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
    invoke-virtual {v1}, Ljava/security/cert/X509Certificate;->checkValidity()V
    return-void
.end method
