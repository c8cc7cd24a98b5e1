.class public Lcom/bank/Strings;
.super Ljava/lang/Object;

.method public static all()V
    .registers 1
    const-string v0, "plain words"
    const-string v0, "gr\u00fc\u00df Gott"
    const-string v0, "\u4e2d\u6587 and \ud83d\udd11"
    const-string v0, "nul\u0000inside"
    const-string v0, "first line\nsecond line"
    return-void
.end method
