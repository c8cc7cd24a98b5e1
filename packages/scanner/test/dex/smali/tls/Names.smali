.class public Lcom/bank/Names;
.super Ljava/lang/Object;

.method public static all()V
    .registers 2
    new-instance v0, Lcom/bank/Names$Always;
    invoke-direct {v0}, Lcom/bank/Names$Always;-><init>()V
    sget-object v0, Lcom/bank/Names$$ExternalSyntheticLambda0;->INSTANCE:Lcom/bank/Names$$ExternalSyntheticLambda0;
    new-instance v0, Lcom/bank/Names$One;
    invoke-direct {v0}, Lcom/bank/Names$One;-><init>()V
    sget-object v0, Lorg/apache/http/conn/ssl/SSLSocketFactory;->ALLOW_ALL_HOSTNAME_VERIFIER:Lorg/apache/http/conn/ssl/X509HostnameVerifier;
    sget-object v0, Lorg/apache/http/conn/ssl/NoopHostnameVerifier;->INSTANCE:Lorg/apache/http/conn/ssl/NoopHostnameVerifier;
    const/4 v0, 0x1
    const/4 v1, 0x0
    invoke-static {v0, v1}, Landroid/net/SSLCertificateSocketFactory;->getInsecure(ILandroid/net/SSLSessionCache;)Ljavax/net/ssl/SSLSocketFactory;
    return-void
.end method

.method static synthetic lambda$all$0(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z
    .registers 3
    const/4 v0, 0x1
    return v0
.end method
