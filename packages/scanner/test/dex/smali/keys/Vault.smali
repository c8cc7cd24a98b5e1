.class public Lcom/bank/Vault;
.super Ljava/lang/Object;

.field private static final KEY:[B
.field private static final SALTED:Ljava/lang/String; = "correct-horse-7"
.field private static twice:[B

.method static constructor <clinit>()V
    .registers 2
    const/16 v0, 0x10
    new-array v0, v0, [B
    fill-array-data v0, :bytes
    sput-object v0, Lcom/bank/Vault;->KEY:[B
    return-void
    :bytes
    .array-data 1
        0x10t 0x21t 0x32t 0x43t 0x54t 0x65t 0x76t 0x07t 0x18t 0x29t 0x3at 0x4bt 0x5ct 0x6dt 0x7et 0x0ft
    .end array-data
.end method

# A static field that <clinit> gives an array.
.method public static seal()Ljavax/crypto/spec/SecretKeySpec;
    .registers 3
    new-instance v0, Ljavax/crypto/spec/SecretKeySpec;
    sget-object v1, Lcom/bank/Vault;->KEY:[B
    const-string v2, "AES"
    invoke-direct {v0, v1, v2}, Ljavax/crypto/spec/SecretKeySpec;-><init>([BLjava/lang/String;)V
    return-object v0
.end method

# A password that is the value of a static field.
.method public static derive([B)Ljavax/crypto/spec/PBEKeySpec;
    .registers 6
    new-instance v0, Ljavax/crypto/spec/PBEKeySpec;
    sget-object v1, Lcom/bank/Vault;->SALTED:Ljava/lang/String;
    invoke-virtual {v1}, Ljava/lang/String;->toCharArray()[C
    move-result-object v1
    const/16 v2, 0x3e8
    const/16 v3, 0x100
    invoke-direct {v0, v1, p0, v2, v3}, Ljavax/crypto/spec/PBEKeySpec;-><init>([C[BII)V
    return-object v0
.end method

# What nobody gives a constant.
.method public static sealTwice()Ljavax/crypto/spec/SecretKeySpec;
    .registers 3
    new-instance v0, Ljavax/crypto/spec/SecretKeySpec;
    sget-object v1, Lcom/bank/Vault;->twice:[B
    const-string v2, "AES"
    invoke-direct {v0, v1, v2}, Ljavax/crypto/spec/SecretKeySpec;-><init>([BLjava/lang/String;)V
    return-object v0
.end method
