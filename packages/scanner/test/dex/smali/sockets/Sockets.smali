.class public Lcom/bank/Sockets;
.super Ljava/lang/Object;

# Gives its keys to a socket that listens.
.method public static listen([Ljavax/net/ssl/KeyManager;)Ljavax/net/ssl/SSLServerSocketFactory;
    .locals 2
    invoke-static {}, Lcom/bank/Sockets;->context()Ljavax/net/ssl/SSLContext;
    move-result-object v0
    const/4 v1, 0x0
    invoke-virtual {v0, p0, v1, v1}, Ljavax/net/ssl/SSLContext;->init([Ljavax/net/ssl/KeyManager;[Ljavax/net/ssl/TrustManager;Ljava/security/SecureRandom;)V
    invoke-virtual {v0}, Ljavax/net/ssl/SSLContext;->getServerSocketFactory()Ljavax/net/ssl/SSLServerSocketFactory;
    move-result-object v0
    return-object v0
.end method

# To one that connects.
.method public static connect([Ljavax/net/ssl/KeyManager;)Ljavax/net/ssl/SSLSocketFactory;
    .locals 2
    invoke-static {}, Lcom/bank/Sockets;->context()Ljavax/net/ssl/SSLContext;
    move-result-object v0
    const/4 v1, 0x0
    invoke-virtual {v0, p0, v1, v1}, Ljavax/net/ssl/SSLContext;->init([Ljavax/net/ssl/KeyManager;[Ljavax/net/ssl/TrustManager;Ljava/security/SecureRandom;)V
    invoke-virtual {v0}, Ljavax/net/ssl/SSLContext;->getSocketFactory()Ljavax/net/ssl/SSLSocketFactory;
    move-result-object v0
    return-object v0
.end method

# To both.
.method public static both([Ljavax/net/ssl/KeyManager;)V
    .locals 2
    invoke-static {}, Lcom/bank/Sockets;->context()Ljavax/net/ssl/SSLContext;
    move-result-object v0
    const/4 v1, 0x0
    invoke-virtual {v0, p0, v1, v1}, Ljavax/net/ssl/SSLContext;->init([Ljavax/net/ssl/KeyManager;[Ljavax/net/ssl/TrustManager;Ljava/security/SecureRandom;)V
    invoke-virtual {v0}, Ljavax/net/ssl/SSLContext;->getServerSocketFactory()Ljavax/net/ssl/SSLServerSocketFactory;
    invoke-virtual {v0}, Ljavax/net/ssl/SSLContext;->getSocketFactory()Ljavax/net/ssl/SSLSocketFactory;
    return-void
.end method

# Has no keys: null, then an empty array.
.method public static trust()V
    .locals 3
    invoke-static {}, Lcom/bank/Sockets;->context()Ljavax/net/ssl/SSLContext;
    move-result-object v0
    const/4 v1, 0x0
    invoke-virtual {v0, v1, v1, v1}, Ljavax/net/ssl/SSLContext;->init([Ljavax/net/ssl/KeyManager;[Ljavax/net/ssl/TrustManager;Ljava/security/SecureRandom;)V
    new-array v1, v1, [Ljavax/net/ssl/KeyManager;
    const/4 v2, 0x0
    invoke-virtual {v0, v1, v2, v2}, Ljavax/net/ssl/SSLContext;->init([Ljavax/net/ssl/KeyManager;[Ljavax/net/ssl/TrustManager;Ljava/security/SecureRandom;)V
    return-void
.end method

.method private static context()Ljavax/net/ssl/SSLContext;
    .locals 1
    const-string v0, "TLS"
    invoke-static {v0}, Ljavax/net/ssl/SSLContext;->getInstance(Ljava/lang/String;)Ljavax/net/ssl/SSLContext;
    move-result-object v0
    return-object v0
.end method
