.class public Lcom/bank/Logins;
.super Ljava/lang/Object;

.field private final apiKey:Ljava/lang/String;
.field private final title:Ljava/lang/String;

# Constants that the constructor gives to fields.
.method public constructor <init>()V
    .locals 1
    invoke-direct {p0}, Ljava/lang/Object;-><init>()V
    const-string v0, "k7Qz2Wm9Xb4Tn6Rv"
    iput-object v0, p0, Lcom/bank/Logins;->apiKey:Ljava/lang/String;
    const-string v0, "Q7kz2Wm9Xb4Tn6Rv"
    iput-object v0, p0, Lcom/bank/Logins;->title:Ljava/lang/String;
    return-void
.end method

# A constant signs in to a broker.
.method public static broker(Lorg/eclipse/paho/client/mqttv3/MqttConnectOptions;)V
    .locals 1
    const-string v0, "xr-user"
    invoke-virtual {p0, v0}, Lorg/eclipse/paho/client/mqttv3/MqttConnectOptions;->setUserName(Ljava/lang/String;)V
    const-string v0, "D6-Puh9LfjP"
    invoke-virtual {v0}, Ljava/lang/String;->toCharArray()[C
    move-result-object v0
    invoke-virtual {p0, v0}, Lorg/eclipse/paho/client/mqttv3/MqttConnectOptions;->setPassword([C)V
    return-void
.end method

# And to a service, by HTTP.
.method public static basic()Ljava/lang/String;
    .locals 2
    const-string v0, "app"
    const-string v1, "kd0w-39-rk"
    invoke-static {v0, v1}, Lokhttp3/Credentials;->basic(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;
    move-result-object v0
    return-object v0
.end method

# What the user typed does not.
.method public static typed(Lorg/eclipse/paho/client/mqttv3/MqttConnectOptions;[C)V
    .locals 0
    invoke-virtual {p0, p1}, Lorg/eclipse/paho/client/mqttv3/MqttConnectOptions;->setPassword([C)V
    return-void
.end method
