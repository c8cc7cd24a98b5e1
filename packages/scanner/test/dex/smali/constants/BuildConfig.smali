.class public final Lcom/bank/BuildConfig;
.super Ljava/lang/Object;

.field public static final API_KEY:Ljava/lang/String; = "f3Kd92mQpX7vLz04Tb8w"
.field public static final API_KEY_HEADER:Ljava/lang/String; = "X-Bank-Api-Key-2024"
.field public static final APPLICATION_ID:Ljava/lang/String; = "com.bank.app1"
.field public static final BUILD_TYPE:Ljava/lang/String; = "release"
.field public static final SECRET_HINT:Ljava/lang/String; = "f3Kd92mQpX7vLz04Tb8w"
.field public static final STORE_PASSWORD:Ljava/lang/String; = "Rk39-kd0wQ"
.field public static final VERSION_CODE:I = 0x7
