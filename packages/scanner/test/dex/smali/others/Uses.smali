.class public Lcom/bank/Uses;
.super Landroid/app/Activity;
.field private static final STORE_PASSWORD:Ljava/lang/String; = "s3cret-store"
.field private static final TITLE:Ljava/lang/String; = "Bank"
.field private password:Ljava/lang/String;
.field private trustPass:Ljava/lang/String;

.method public protocols(Ljavax/net/ssl/SSLSocket;Lokhttp3/ConnectionSpec$Builder;)V
    .registers 7
    const-string v0, "TLSv1"
    invoke-static {v0}, Ljavax/net/ssl/SSLContext;->getInstance(Ljava/lang/String;)Ljavax/net/ssl/SSLContext;
    # Benign.
    const-string v0, "TLSv1.2"
    invoke-static {v0}, Ljavax/net/ssl/SSLContext;->getInstance(Ljava/lang/String;)Ljavax/net/ssl/SSLContext;
    const-string v0, "SSL"
    invoke-static {v0}, Ljavax/net/ssl/SSLContext;->getInstance(Ljava/lang/String;)Ljavax/net/ssl/SSLContext;
    const-string v0, "TLSv1.1"
    const-string v1, "TLSv1.3"
    filled-new-array {v1, v0}, [Ljava/lang/String;
    move-result-object v2
    invoke-virtual {p1, v2}, Ljavax/net/ssl/SSLSocket;->setEnabledProtocols([Ljava/lang/String;)V
    const/4 v0, 0x1
    new-array v2, v0, [Lokhttp3/TlsVersion;
    const/4 v0, 0x0
    sget-object v1, Lokhttp3/TlsVersion;->TLS_1_0:Lokhttp3/TlsVersion;
    aput-object v1, v2, v0
    invoke-virtual {p2, v2}, Lokhttp3/ConnectionSpec$Builder;->tlsVersions([Lokhttp3/TlsVersion;)Lokhttp3/ConnectionSpec$Builder;
    return-void
.end method

.method public files(Z)V
    .registers 6
    const-string v0, "shared.txt"
    const/4 v1, 0x1
    invoke-virtual {p0, v0, v1}, Lcom/bank/Uses;->openFileOutput(Ljava/lang/String;I)Ljava/io/FileOutputStream;
    # Benign: private, and appended to.
    const-string v0, "own.txt"
    const v1, 0x8000
    invoke-virtual {p0, v0, v1}, Lcom/bank/Uses;->openFileOutput(Ljava/lang/String;I)Ljava/io/FileOutputStream;
    # Not told: which mode it is depends.
    const/4 v1, 0x1
    if-eqz p1, :open
    const/4 v1, 0x0
    :open
    const-string v0, "either.txt"
    invoke-virtual {p0, v0, v1}, Lcom/bank/Uses;->openFileOutput(Ljava/lang/String;I)Ljava/io/FileOutputStream;
    return-void
.end method

.method public storage()V
    .registers 5
    invoke-static {}, Landroid/os/Environment;->getExternalStorageDirectory()Ljava/io/File;
    move-result-object v0
    new-instance v1, Ljava/io/File;
    const-string v2, "statement.html"
    invoke-direct {v1, v0, v2}, Ljava/io/File;-><init>(Ljava/io/File;Ljava/lang/String;)V
    new-instance v2, Ljava/io/FileOutputStream;
    invoke-direct {v2, v1}, Ljava/io/FileOutputStream;-><init>(Ljava/io/File;)V
    # Benign.
    invoke-virtual {p0}, Lcom/bank/Uses;->getFilesDir()Ljava/io/File;
    move-result-object v0
    new-instance v1, Ljava/io/File;
    const-string v2, "own.html"
    invoke-direct {v1, v0, v2}, Ljava/io/File;-><init>(Ljava/io/File;Ljava/lang/String;)V
    new-instance v2, Ljava/io/FileOutputStream;
    invoke-direct {v2, v1}, Ljava/io/FileOutputStream;-><init>(Ljava/io/File;)V
    return-void
.end method

.method public preferences(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;)V
    .registers 5
    const-string v0, "user_password"
    invoke-interface {p1, v0, p2}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    # Benign.
    const-string v0, "theme"
    invoke-interface {p1, v0, p2}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    const-string v0, "refresh_token"
    const-string v1, ""
    invoke-interface {p1, v0, v1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    return-void
.end method

.method public log(Ljava/lang/String;I)V
    .registers 7
    const-string v0, "Uses"
    new-instance v1, Ljava/lang/StringBuilder;
    invoke-direct {v1}, Ljava/lang/StringBuilder;-><init>()V
    const-string v2, "login with accessToken="
    invoke-virtual {v1, v2}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
    invoke-virtual {v1, p1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
    invoke-virtual {v1}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
    move-result-object v1
    invoke-static {v0, v1}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I
    new-instance v1, Ljava/lang/StringBuilder;
    const-string v2, "account "
    invoke-direct {v1, v2}, Ljava/lang/StringBuilder;-><init>(Ljava/lang/String;)V
    iget-object v3, p0, Lcom/bank/Uses;->password:Ljava/lang/String;
    invoke-virtual {v1, v3}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
    invoke-virtual {v1}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
    move-result-object v1
    invoke-static {v0, v1}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I
    # Benign: a length.
    new-instance v1, Ljava/lang/StringBuilder;
    const-string v2, "secret: "
    invoke-direct {v1, v2}, Ljava/lang/StringBuilder;-><init>(Ljava/lang/String;)V
    invoke-virtual {v1, p2}, Ljava/lang/StringBuilder;->append(I)Ljava/lang/StringBuilder;
    invoke-virtual {v1}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
    move-result-object v1
    invoke-static {v0, v1}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I
    return-void
.end method

# Benign: what went wrong, not what the token is.
.method public fails(Ljava/lang/String;)V
    .registers 4
    new-instance v0, Ljava/lang/StringBuilder;
    const-string v1, "Failed to parse token: "
    invoke-direct {v0, v1}, Ljava/lang/StringBuilder;-><init>(Ljava/lang/String;)V
    invoke-virtual {v0, p1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
    invoke-virtual {v0}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
    move-result-object v0
    invoke-static {v0, v0}, Landroid/util/Log;->w(Ljava/lang/String;Ljava/lang/String;)I
    return-void
.end method

# As OkHttp's CertificatePinner.Builder.add comes out of obfuscation.
.method public pins(La/b/c;)V
    .registers 7
    const/4 v0, 0x2
    new-array v0, v0, [Ljava/lang/String;
    const/4 v1, 0x0
    const-string v2, "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    aput-object v2, v0, v1
    const/4 v1, 0x1
    const-string v2, "sha256/BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="
    aput-object v2, v0, v1
    const-string v1, "**.Bank.example"
    invoke-virtual {p1, v1, v0}, La/b/c;->d(Ljava/lang/String;[Ljava/lang/String;)La/b/c;
    return-void
.end method

.method public identity(Landroid/content/res/Resources;Ljavax/net/ssl/KeyManagerFactory;)V
    .registers 8
    const-string v0, "PKCS12"
    invoke-static {v0}, Ljava/security/KeyStore;->getInstance(Ljava/lang/String;)Ljava/security/KeyStore;
    move-result-object v0
    const v1, 0x7f0f0003
    invoke-virtual {p1, v1}, Landroid/content/res/Resources;->openRawResource(I)Ljava/io/InputStream;
    move-result-object v1
    sget v2, Lcom/bank/R$string;->store_word:I
    const-string v2, "passed-1"
    invoke-virtual {v2}, Ljava/lang/String;->toCharArray()[C
    move-result-object v3
    invoke-virtual {v0, v1, v3}, Ljava/security/KeyStore;->load(Ljava/io/InputStream;[C)V
    const/4 v1, 0x6
    new-array v1, v1, [C
    fill-array-data v1, :characters
    invoke-virtual {p2, v0, v1}, Ljavax/net/ssl/KeyManagerFactory;->init(Ljava/security/KeyStore;[C)V
    return-void
    :characters
    .array-data 2
        0x66
        0x69
        0x6c
        0x6c
        0x65
        0x64
    .end array-data
.end method

.method public neighbour()Ljava/lang/String;
    .registers 2
    const-string v0, "neighbour-2"
    return-object v0
.end method

.method public puts()V
    .registers 2
    const-string v0, "put-3"
    iput-object v0, p0, Lcom/bank/Uses;->trustPass:Ljava/lang/String;
    return-void
.end method
