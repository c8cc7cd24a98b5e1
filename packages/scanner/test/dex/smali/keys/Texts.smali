.class public Lcom/bank/Texts;
.super Ljava/lang/Object;

.field public static three:[C
.field public static four:[C

.method static constructor <clinit>()V
    .registers 1
    const-string v0, "rk39-kd0wq"
    invoke-virtual {v0}, Ljava/lang/String;->toCharArray()[C
    move-result-object v0
    sput-object v0, Lcom/bank/Texts;->three:[C
    const-string v0, "once"
    invoke-virtual {v0}, Ljava/lang/String;->toCharArray()[C
    move-result-object v0
    sput-object v0, Lcom/bank/Texts;->four:[C
    const-string v0, "and again"
    invoke-virtual {v0}, Ljava/lang/String;->toCharArray()[C
    move-result-object v0
    sput-object v0, Lcom/bank/Texts;->four:[C
    return-void
.end method

.method public static open(Ljava/security/KeyStore;Ljava/io/InputStream;)V
    .registers 3
    sget-object v0, Lcom/bank/Texts;->four:[C
    invoke-virtual {p0, p1, v0}, Ljava/security/KeyStore;->load(Ljava/io/InputStream;[C)V
    return-void
.end method
