.class public Lcom/bank/Trust;
.super Ljava/lang/Object;

.method public static all()V
    .registers 2
    new-instance v0, Lcom/bank/Trust$Empty;
    invoke-direct {v0}, Lcom/bank/Trust$Empty;-><init>()V
    new-instance v0, Lcom/bank/Trust$Catches;
    invoke-direct {v0}, Lcom/bank/Trust$Catches;-><init>()V
    new-instance v0, Lcom/bank/Trust$Arguments;
    invoke-direct {v0}, Lcom/bank/Trust$Arguments;-><init>()V
    new-instance v0, Lcom/bank/Trust$Dates;
    invoke-direct {v0}, Lcom/bank/Trust$Dates;-><init>()V
    new-instance v0, Lcom/bank/Trust$Calls;
    invoke-direct {v0}, Lcom/bank/Trust$Calls;-><init>()V
    new-instance v0, Lcom/bank/Trust$Delegates;
    invoke-direct {v0}, Lcom/bank/Trust$Delegates;-><init>()V
    new-instance v0, Lcom/bank/Trust$Rethrows;
    invoke-direct {v0}, Lcom/bank/Trust$Rethrows;-><init>()V
    new-instance v0, Lcom/bank/Trust$Throws;
    invoke-direct {v0}, Lcom/bank/Trust$Throws;-><init>()V
    new-instance v0, Lcom/bank/Trust$Pins;
    invoke-direct {v0}, Lcom/bank/Trust$Pins;-><init>()V
    return-void
.end method

# What Trust$Throws leaves it to.
.method static refuse()V
    .registers 1
    new-instance v0, Ljava/lang/UnsupportedOperationException;
    invoke-direct {v0}, Ljava/lang/UnsupportedOperationException;-><init>()V
    throw v0
.end method

# What Trust$Calls leaves it to.
.method static look([Ljava/security/cert/X509Certificate;)V
    .registers 3
    const-string v0, "Trust"
    const-string v1, "looked"
    invoke-static {v0, v1}, Landroid/util/Log;->d(Ljava/lang/String;Ljava/lang/String;)I
    return-void
.end method
