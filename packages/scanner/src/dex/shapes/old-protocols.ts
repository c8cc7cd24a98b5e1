import type { Value } from '../values.ts'
import { type CallShape, tellShape } from './call-shape.ts'

const old = new Set(['SSLv2', 'SSLv2Hello', 'SSLv3', 'TLSv1', 'TLSv1.0', 'TLSv1.1'])

/** `SSLContext.getInstance("TLSv1")`. "SSL" alone is not old: it means the newest there is. */
export const oldContext: CallShape = {
  names: ['getInstance'],
  owners: ['Ljavax/net/ssl/SSLContext;'],
  look: (call, sink) => {
    const [name] = call.passed
    if (name?.kind === 'text' && old.has(name.text)) {
      tellShape(sink, 'old-tls-protocol', call, name.text)
    }
  },
}

/** `socket.setEnabledProtocols(new String[] {"TLSv1"})` */
export const oldEnabledProtocols: CallShape = {
  names: ['setEnabledProtocols', 'setProtocols'],
  signature: /^\(\[Ljava\/lang\/String;\)/,
  look: (call, sink) => {
    for (const name of textsOf(call.passed[1])) {
      if (old.has(name)) tellShape(sink, 'old-tls-protocol', call, name)
    }
  },
}

/** `ConnectionSpec.Builder.tlsVersions(TlsVersion.TLS_1_0)` of OkHttp. */
export const oldOkHttpVersions: CallShape = {
  names: ['tlsVersions'],
  look: (call, sink) => {
    const versions = call.passed[1]
    if (versions?.kind !== 'array') return
    for (const each of versions.elements) {
      const name = each?.kind === 'field' ? each.name : each?.kind === 'text' ? each.text : ''
      if (/^(SSL_3_0|TLS_1_[01])$/.test(name) || old.has(name)) {
        tellShape(sink, 'old-tls-protocol', call, name)
      }
    }
  },
}

function textsOf(value: Value | undefined): string[] {
  if (value?.kind !== 'array') return []
  return value.elements.flatMap((each) => (each?.kind === 'text' ? [each.text] : []))
}
