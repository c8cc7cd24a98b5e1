.class public Lcom/bank/Web;
.super Landroid/app/Activity;

.method public open()V
    .registers 3
    new-instance v0, Lcom/bank/Web$Proceeds;
    new-instance v0, Lcom/bank/Web$NullCheck;
    new-instance v0, Lcom/bank/Web$ByError;
    new-instance v0, Lcom/bank/Web$Debug;
    return-void
.end method
