.class public Lcom/bank/Store;
.super Ljava/lang/Object;

# The word comes from a field of another class, whose name tells nothing.
.method public static open(Ljava/security/KeyStore;Ljava/io/InputStream;)V
    .registers 3
    sget-object v0, Lcom/bank/Texts;->three:[C
    invoke-virtual {p0, p1, v0}, Ljava/security/KeyStore;->load(Ljava/io/InputStream;[C)V
    return-void
.end method
