import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createServer } from 'node:tls'
import {
  createRoot,
  generateKey,
  issueServerCertificate,
  type KeyPair,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'

export const pinnedHost = 'api.example.com'

type Leaf = { readonly cert: string; readonly key: string }

/**
 * A TLS server on loopback for `api.example.com`. Its folder has `root.pem`, `other-root.pem`, `next.pem` (a new key
 * under its root) and `stranger.pem` (a new key under the other).
 */
export async function startPinnedServer(folder: string) {
  const root = await newRoot('Root One')
  const other = await newRoot('Root Two')
  writeFileSync(path.join(folder, 'root.pem'), toPem('CERTIFICATE', root.certificate.der))
  writeFileSync(path.join(folder, 'other-root.pem'), toPem('CERTIFICATE', other.certificate.der))
  const leafOf = async (issuer: typeof root, keys?: KeyPair): Promise<Leaf> => {
    const { privateKey, publicKey } = keys ?? (await generateKey('ec-p256'))
    const { der } = await issueServerCertificate({
      issuer,
      spki: publicKey.export({ format: 'der', type: 'spki' }),
      names: [pinnedHost],
      now: Date.now(),
      days: 90,
    })
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    return { cert: toPem('CERTIFICATE', der), key }
  }
  const first = await leafOf(root)
  const next = await leafOf(root)
  const stranger = await leafOf(other)
  writeFileSync(path.join(folder, 'next.pem'), next.cert)
  writeFileSync(path.join(folder, 'stranger.pem'), stranger.cert)
  const server = createServer(first, (socket) => socket.end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    show: (which: 'first' | 'next' | 'stranger') =>
      server.setSecureContext({ first, next, stranger }[which]),
    close: () => server.close(),
    /** A certificate under the other root for a key of ours. */
    certify: (keys: KeyPair) => leafOf(other, keys),
  }
}

async function newRoot(commonName: string) {
  const key = signingKeyOf(await generateKey('ec-p256'))
  const certificate = await createRoot({ key, commonName, kind: 'service', now: Date.now() })
  return { key, certificate }
}
