import { createRoot, generateKey, signingKeyOf } from '@sallyport/pki'
import type { ServiceIssuer } from '../../src/certificates/certificate-files.ts'

/** A service root with its key in memory, and how often the key was asked for. */
export async function serviceRoot(): Promise<ServiceIssuer & { opened: () => number }> {
  const key = signingKeyOf(await generateKey('ec-p256'))
  const root = await createRoot({ key, commonName: 'Test', kind: 'service', now: Date.now() })
  let opened = 0
  return {
    root,
    opened: () => opened,
    async open() {
      opened++
      return { certificate: root, key }
    },
  }
}
