import { type CallShape, tellShape } from './call-shape.ts'

/** Classes of libraries that switch a check of TLS off: using them, made or as INSTANCE, is enough. */
const classes =
  /^L(org\/apache\/http\/conn\/ssl|org\/apache\/hc\/client5\/http\/ssl|cz\/msebera\/android\/httpclient\/conn\/ssl|io\/netty\/handler\/ssl\/util)\/(AllowAllHostnameVerifier|NoopHostnameVerifier|TrustAllStrategy|TrustSelfSignedStrategy|InsecureTrustManagerFactory);$/

/** @param name a descriptor, or the field */
export function switchesChecksOff(name: string): boolean {
  return name === allowAllField || classes.test(name)
}

/** `SSLSocketFactory.ALLOW_ALL_HOSTNAME_VERIFIER` of Apache's HttpClient, which Android had on board. */
export const allowAllField = 'ALLOW_ALL_HOSTNAME_VERIFIER'

/** `SSLCertificateSocketFactory.getInsecure(…)` */
export const insecureFactory: CallShape = {
  names: ['getInsecure'],
  owners: ['Landroid/net/SSLCertificateSocketFactory;'],
  look: (call, sink) => {
    tellShape(sink, 'switches-checks-off', call, 'SSLCertificateSocketFactory.getInsecure')
  },
}
