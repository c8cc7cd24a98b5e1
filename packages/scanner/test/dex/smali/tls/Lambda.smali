.class public final synthetic Lcom/bank/Names$$ExternalSyntheticLambda0;
.super Ljava/lang/Object;
.implements Ljavax/net/ssl/HostnameVerifier;
.field public static final synthetic INSTANCE:Lcom/bank/Names$$ExternalSyntheticLambda0;

.method public final verify(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z
    .registers 4
    invoke-static {p1, p2}, Lcom/bank/Names;->lambda$all$0(Ljava/lang/String;Ljavax/net/ssl/SSLSession;)Z
    move-result v0
    return v0
.end method
