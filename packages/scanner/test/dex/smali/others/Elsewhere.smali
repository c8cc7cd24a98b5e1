.class public Lcom/bank/Elsewhere;
.super Ljava/lang/Object;

.method public static getStorePassword()Ljava/lang/String;
    .registers 1
    const-string v0, "given-4"
    return-object v0
.end method

.method public static blob()[B
    .registers 2
    const/16 v0, 0x20
    new-array v0, v0, [B
    fill-array-data v0, :bytes
    return-object v0
    :bytes
    .array-data 1
        0x30t 0x1et 0x02t 0x01t 0x05t 0x06t 0x07t 0x08t 0x09t 0x0at 0x0bt 0x0ct 0x0dt 0x0et 0x0ft 0x10t
        0x11t 0x12t 0x13t 0x14t 0x15t 0x16t 0x17t 0x18t 0x19t 0x1at 0x1bt 0x1ct 0x1dt 0x1et 0x1ft -0x1t
    .end array-data
.end method

# Texts that are whole nowhere.
.method public static joined()Ljava/lang/String;
    .registers 3
    new-instance v0, Ljava/lang/StringBuilder;
    const-string v1, "first-half-"
    invoke-direct {v0, v1}, Ljava/lang/StringBuilder;-><init>(Ljava/lang/String;)V
    const-string v1, "second-half"
    invoke-virtual {v0, v1}, Ljava/lang/StringBuilder;->append(Ljava/lang/String;)Ljava/lang/StringBuilder;
    invoke-virtual {v0}, Ljava/lang/StringBuilder;->toString()Ljava/lang/String;
    move-result-object v0
    invoke-virtual {v0}, Ljava/lang/String;->toCharArray()[C
    return-object v0
.end method

.method public static elements()[B
    .registers 4
    const/16 v0, 0x20
    new-array v0, v0, [B
    const/16 v1, 0x0
    const/16 v2, 0x41
    aput-byte v2, v0, v1
    const/16 v1, 0x1
    const/16 v2, 0x42
    aput-byte v2, v0, v1
    const/16 v1, 0x2
    const/16 v2, 0x43
    aput-byte v2, v0, v1
    const/16 v1, 0x3
    const/16 v2, 0x44
    aput-byte v2, v0, v1
    const/16 v1, 0x4
    const/16 v2, 0x45
    aput-byte v2, v0, v1
    const/16 v1, 0x5
    const/16 v2, 0x46
    aput-byte v2, v0, v1
    const/16 v1, 0x6
    const/16 v2, 0x47
    aput-byte v2, v0, v1
    const/16 v1, 0x7
    const/16 v2, 0x48
    aput-byte v2, v0, v1
    const/16 v1, 0x8
    const/16 v2, 0x49
    aput-byte v2, v0, v1
    const/16 v1, 0x9
    const/16 v2, 0x4a
    aput-byte v2, v0, v1
    const/16 v1, 0xa
    const/16 v2, 0x4b
    aput-byte v2, v0, v1
    const/16 v1, 0xb
    const/16 v2, 0x4c
    aput-byte v2, v0, v1
    const/16 v1, 0xc
    const/16 v2, 0x4d
    aput-byte v2, v0, v1
    const/16 v1, 0xd
    const/16 v2, 0x4e
    aput-byte v2, v0, v1
    const/16 v1, 0xe
    const/16 v2, 0x4f
    aput-byte v2, v0, v1
    const/16 v1, 0xf
    const/16 v2, 0x50
    aput-byte v2, v0, v1
    const/16 v1, 0x10
    const/16 v2, 0x51
    aput-byte v2, v0, v1
    const/16 v1, 0x11
    const/16 v2, 0x52
    aput-byte v2, v0, v1
    const/16 v1, 0x12
    const/16 v2, 0x53
    aput-byte v2, v0, v1
    const/16 v1, 0x13
    const/16 v2, 0x54
    aput-byte v2, v0, v1
    const/16 v1, 0x14
    const/16 v2, 0x55
    aput-byte v2, v0, v1
    const/16 v1, 0x15
    const/16 v2, 0x56
    aput-byte v2, v0, v1
    const/16 v1, 0x16
    const/16 v2, 0x57
    aput-byte v2, v0, v1
    const/16 v1, 0x17
    const/16 v2, 0x58
    aput-byte v2, v0, v1
    const/16 v1, 0x18
    const/16 v2, 0x59
    aput-byte v2, v0, v1
    const/16 v1, 0x19
    const/16 v2, 0x5a
    aput-byte v2, v0, v1
    const/16 v1, 0x1a
    const/16 v2, 0x5b
    aput-byte v2, v0, v1
    const/16 v1, 0x1b
    const/16 v2, 0x5c
    aput-byte v2, v0, v1
    const/16 v1, 0x1c
    const/16 v2, 0x5d
    aput-byte v2, v0, v1
    const/16 v1, 0x1d
    const/16 v2, 0x5e
    aput-byte v2, v0, v1
    const/16 v1, 0x1e
    const/16 v2, 0x5f
    aput-byte v2, v0, v1
    const/16 v1, 0x1f
    const/16 v2, 0x60
    aput-byte v2, v0, v1
    return-object v0
.end method
