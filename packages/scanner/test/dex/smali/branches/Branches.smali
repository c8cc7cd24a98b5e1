.class public Lcom/bank/Branches;
.super Ljava/lang/Object;

# A name that only the other branch writes over.
.method public static jumped(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;I)V
    .locals 1
    const-string v0, "jumped_password"
    if-eqz p2, :there
    const-string v0, "colour"
    return-void
    :there
    invoke-interface {p0, v0, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    return-void
.end method

# Both ways have it, and it is written over later.
.method public static agreed(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;I)V
    .locals 1
    const-string v0, "agreed_password"
    if-eqz p2, :there
    nop
    :there
    invoke-interface {p0, v0, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    const-string v0, "colour"
    invoke-interface {p0, v0, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    return-void
.end method

# Two ways, two names.
.method public static differ(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;I)V
    .locals 1
    const-string v0, "differ_password"
    if-eqz p2, :there
    const-string v0, "colour"
    :there
    invoke-interface {p0, v0, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    return-void
.end method

# Only the first round has it.
.method public static again(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;I)V
    .locals 1
    const-string v0, "again_password"
    :back
    invoke-interface {p0, v0, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    const-string v0, "colour"
    if-eqz p2, :back
    return-void
.end method

# A case that is fallen into, and switched to.
.method public static cases(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;I)V
    .locals 1
    const-string v0, "colour"
    packed-switch p2, :table
    const-string v0, "cases_password"
    :case
    invoke-interface {p0, v0, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    return-void
    :table
    .packed-switch 0x0
        :case
    .end packed-switch
.end method

# An argument that is written over in one branch.
.method public static given(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;Ljava/lang/String;)V
    .locals 0
    if-nez p2, :there
    const-string p2, "given_password"
    :there
    invoke-interface {p0, p2, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    return-void
.end method

# Nobody knows how far it came.
.method public static caught(Landroid/content/SharedPreferences$Editor;Ljava/lang/String;I)V
    .locals 1
    const-string v0, "caught_password"
    :begin
    const-string v0, "colour"
    invoke-static {p2}, Ljava/lang/Integer;->valueOf(I)Ljava/lang/Integer;
    :end
    .catch Ljava/lang/Exception; {:begin .. :end} :handler
    return-void
    :handler
    invoke-interface {p0, v0, p1}, Landroid/content/SharedPreferences$Editor;->putString(Ljava/lang/String;Ljava/lang/String;)Landroid/content/SharedPreferences$Editor;
    return-void
.end method

# A number that is moved before it is passed, as where registers are many.
.method public static moved(Landroid/content/Context;)V
    .locals 3
    const-string v0, "moved.txt"
    const/4 v1, 0x1
    move v2, v1
    invoke-virtual {p0, v0, v2}, Landroid/content/Context;->openFileOutput(Ljava/lang/String;I)Ljava/io/FileOutputStream;
    move/from16 v1, v2
    const-string v0, "moved-far.txt"
    invoke-virtual {p0, v0, v1}, Landroid/content/Context;->openFileOutput(Ljava/lang/String;I)Ljava/io/FileOutputStream;
    return-void
.end method
