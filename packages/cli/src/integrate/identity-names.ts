/** Fields of an answer that go to the service: what the gateway says of the caller. */
export const serviceFields = [
  'X-Request-Id',
  'traceparent',
  'Client-Cert',
  'Client-Cert-Chain',
  'Sallyport-Device',
  'Sallyport-User',
  'Sallyport-Assertion',
] as const

/** Fields of an answer that go to the client, also where the request is let through. */
export const clientFields = ['RateLimit', 'RateLimit-Policy', 'DPoP-Nonce'] as const

/** Fields of a refusal that go to the client besides. */
export const refusalFields = [
  'WWW-Authenticate',
  'Retry-After',
  'Allow',
  'Cache-Control',
  'Proxy-Status',
  'X-Request-Id',
] as const

/**
 * What a client may not say: who it is in the words of other proxies, or that its request is another
 * one. The gateway itself withholds these and more.
 */
export const strippedFields = [
  'Forwarded',
  'X-Real-Ip',
  'True-Client-Ip',
  'Ssl-Client-Cert',
  'X-Ssl-Client-Cert',
  'X-Client-Cert',
  'X-Forwarded-Client-Cert',
  'X-Forwarded-Tls-Client-Cert',
  'X-Forwarded-Method',
  'X-Forwarded-Uri',
  'X-Amzn-Mtls-Clientcert',
  'Sallyport-Upstream',
  'Sallyport-Status',
  'Proxy',
  'X-Http-Method',
  'X-Http-Method-Override',
  'X-Method-Override',
  'X-Original-Url',
  'X-Rewrite-Url',
] as const
