// A table: namespaces of well-known libraries, longest first where one lies within another.

/** Prefix of class descriptors → what reports call it. */
const libraries: readonly (readonly [string, string])[] = [
  ['Landroid/support/', 'the Android Support Library'],
  ['Landroidx/', 'AndroidX'],
  ['Lbolts/', 'Bolts'],
  ['Lch/qos/logback/', 'Logback'],
  ['Lcom/adjust/', 'Adjust'],
  ['Lcom/airbnb/lottie/', 'Lottie'],
  ['Lcom/amazonaws/', 'AWS SDK'],
  ['Lcom/android/volley/', 'Volley'],
  ['Lcom/appsflyer/', 'AppsFlyer'],
  ['Lcom/bumptech/glide/', 'Glide'],
  ['Lcom/crashlytics/', 'Crashlytics'],
  ['Lcom/facebook/', 'Facebook SDK or React Native'],
  ['Lcom/fasterxml/', 'Jackson'],
  ['Lcom/google/', 'Google libraries'],
  ['Lcom/koushikdutta/', 'AndroidAsync'],
  ['Lcom/loopj/android/http/', 'android-async-http'],
  ['Lcom/microsoft/', 'Microsoft libraries'],
  ['Lcom/mixpanel/', 'Mixpanel'],
  ['Lcom/nimbusds/', 'Nimbus JOSE'],
  ['Lcom/squareup/', 'Square libraries'],
  ['Lcom/unity3d/', 'Unity'],
  ['Lcz/msebera/android/httpclient/', 'Apache HttpClient for Android'],
  ['Lio/flutter/', 'Flutter'],
  ['Lio/grpc/', 'gRPC'],
  ['Lio/ktor/', 'Ktor'],
  ['Lio/netty/', 'Netty'],
  ['Lio/reactivex/', 'RxJava'],
  ['Lio/realm/', 'Realm'],
  ['Lio/sentry/', 'Sentry'],
  ['Lio/socket/', 'Socket.IO'],
  ['Lio/swagger/', 'Swagger Parser'],
  ['Ljavax/', 'javax'],
  ['Lkotlin/', 'Kotlin'],
  ['Lkotlinx/', 'Kotlin'],
  ['Lokhttp3/', 'OkHttp'],
  ['Lokio/', 'Okio'],
  ['Lorg/acra/', 'ACRA'],
  ['Lorg/apache/', 'Apache libraries'],
  ['Lorg/asynchttpclient/', 'AsyncHttpClient'],
  ['Lorg/bouncycastle/', 'Bouncy Castle'],
  ['Lorg/chromium/', 'Chromium'],
  ['Lorg/conscrypt/', 'Conscrypt'],
  ['Lorg/eclipse/', 'Eclipse libraries'],
  ['Lorg/java_websocket/', 'Java-WebSocket'],
  ['Lorg/jsoup/', 'jsoup'],
  ['Lorg/slf4j/', 'SLF4J'],
  ['Lorg/spongycastle/', 'Spongy Castle'],
  ['Lorg/springframework/', 'Spring'],
  ['Lretrofit2/', 'Retrofit'],
  ['Lrx/', 'RxJava'],
]

export type Library = { readonly prefix: string; readonly name: string }

/** @param appId an app's own namespace is no library, whatever it begins with */
export function libraryOf(descriptor: string, appId: string | undefined): Library | undefined {
  if (appId !== undefined && descriptor.startsWith(`L${appId.replaceAll('.', '/')}/`)) {
    return undefined
  }
  return namedBy(descriptor) ?? shadedIn(descriptor)
}

function namedBy(descriptor: string): Library | undefined {
  const found = libraries.find(([prefix]) => descriptor.startsWith(prefix))
  return found === undefined ? undefined : { prefix: found[0], name: found[1] }
}

/** What builds call the folder that they move libraries into (the Shade and Shadow plugins, jarjar). */
const shading = /shad(e|ow)|relocat|repackag|third_?party|vendor/i

/** A copy that a build moved below a name of its own: `Lshaded_package/org/bouncycastle/…`. */
function shadedIn(descriptor: string): Library | undefined {
  const [, first = '', below = ''] = /^L([^/]+)\/(.*)$/.exec(descriptor) ?? []
  // Below one name alone, or one that says so: `Lcom/bank/io/netty/` may be the bank's own.
  const rest = shading.test(first) || !topLevels.has(first) ? below : behindShading(below)
  if (rest === undefined) return undefined
  const library = namedBy(`L${rest}`)
  // `rx` alone is a name that anybody may give.
  if (library === undefined || library.prefix.split('/').length < 3) return undefined
  const prefix = descriptor.slice(0, descriptor.length - rest.length)
  return { prefix: `${prefix}${library.prefix.slice(1)}`, name: library.name }
}

const topLevels = new Set(libraries.map(([prefix]) => prefix.slice(1, prefix.indexOf('/'))))

/** Segments that are looked through. */
const deepest = 8

function behindShading(path: string): string | undefined {
  const segments = path.split('/', deepest)
  const index = segments.findLastIndex((each) => shading.test(each))
  if (index === -1) return undefined
  return path.slice(segments.slice(0, index + 1).join('/').length + 1)
}
