.class public Lcom/bank/Codec;
.super Ljava/lang/Object;

.field private final word:Ljava/lang/String;
.field private final given:Ljava/lang/String;

# Two constructors, one constant.
.method public constructor <init>(Ljava/lang/String;)V
    .registers 3
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    const-string v0, "an instance has this as its key"
    iput-object v0, p0, Lcom/bank/Codec;->word:Ljava/lang/String;
    iput-object p1, p0, Lcom/bank/Codec;->given:Ljava/lang/String;
    return-void
.end method

# The key comes in by a parameter.
.method static encrypt([B[B)Ljavax/crypto/spec/SecretKeySpec;
    .registers 4
    new-instance v0, Ljavax/crypto/spec/SecretKeySpec;
    const-string v1, "AES"
    invoke-direct {v0, p1, v1}, Ljavax/crypto/spec/SecretKeySpec;-><init>([BLjava/lang/String;)V
    return-object v0
.end method

# A field of the object, as bytes, goes there.
.method public run([B)V
    .registers 4
    iget-object v0, p0, Lcom/bank/Codec;->word:Ljava/lang/String;
    const-string v1, "UTF-8"
    invoke-virtual {v0, v1}, Ljava/lang/String;->getBytes(Ljava/lang/String;)[B
    move-result-object v0
    invoke-static {p1, v0}, Lcom/bank/Codec;->encrypt([B[B)Ljavax/crypto/spec/SecretKeySpec;
    return-void
.end method

# Hex goes there, by a method of their own.
.method public runHex([B)V
    .registers 4
    const-string v0, "8d127684cbc37c17616d806cf50473cc"
    invoke-static {v0}, Lcom/bank/Codec;->hex(Ljava/lang/String;)[B
    move-result-object v0
    invoke-static {p1, v0}, Lcom/bank/Codec;->encrypt([B[B)Ljavax/crypto/spec/SecretKeySpec;
    return-void
.end method

.method static hex(Ljava/lang/String;)[B
    .registers 2
    const/4 v0, 0x0
    return-object v0
.end method

# What is read from a file so named is no constant.
.method public runFile([B)V
    .registers 4
    const-string v0, "keys/session.bin"
    invoke-static {v0}, Lcom/bank/Codec;->hex(Ljava/lang/String;)[B
    move-result-object v0
    invoke-static {p1, v0}, Lcom/bank/Codec;->encrypt([B[B)Ljavax/crypto/spec/SecretKeySpec;
    return-void
.end method

# Nor is what somebody gave the object.
.method public runGiven([B)V
    .registers 4
    iget-object v0, p0, Lcom/bank/Codec;->given:Ljava/lang/String;
    invoke-virtual {v0}, Ljava/lang/String;->getBytes()[B
    move-result-object v0
    invoke-static {p1, v0}, Lcom/bank/Codec;->encrypt([B[B)Ljavax/crypto/spec/SecretKeySpec;
    return-void
.end method
