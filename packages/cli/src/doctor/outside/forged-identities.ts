import { readFileSync } from 'node:fs'
import {
  certificatesFromPem,
  createRoot,
  generateKey,
  issueDeviceCa,
  issueDeviceCertificate,
  signingKeyOf,
} from '@sallyport/pki'
import { isProblem, Problem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import type { ForgedIdentity } from './forgeries.ts'

const dayMs = 86_400_000

/** A device certificate as it should be, under a CA that nobody believes. */
export async function selfMade(now: number): Promise<ForgedIdentity> {
  const trustDomain = 'outside.invalid'
  const rootKey = signingKeyOf(await generateKey('ec-p256'))
  const root = await createRoot({ key: rootKey, commonName: 'Outside', kind: 'device', now })
  const caKey = signingKeyOf(await generateKey('ec-p256'))
  const ca = await issueDeviceCa({
    root: { certificate: root, key: rootKey },
    key: caKey,
    appId: 'outside',
    trustDomain,
    kind: 'device',
    now,
  })
  const { publicKey } = await generateKey('ec-p256')
  const certificate = await issueDeviceCertificate({
    issuer: { certificate: ca, key: caKey },
    spki: publicKey.export({ format: 'der', type: 'spki' }),
    trustDomain,
    appId: 'outside',
    deviceId: newId('device'),
    assurance: 'strongbox',
    facts: { platform: 'android', appVersion: '1.0', appraisedAt: now },
    predecessors: [],
    notBefore: now - 300_000,
    notAfter: now + dayMs,
  })
  return { name: 'a self-made certificate', der: certificate.der }
}

/**
 * The certificate of a real device, without its key: whoever once saw one can claim it.
 *
 * @throws Problem `command_usage` where the file holds none
 */
export function fromFile(file: string): ForgedIdentity {
  try {
    const [leaf] = certificatesFromPem(readFileSync(file, 'utf8'))
    if (leaf !== undefined) return { name: file, der: leaf.der }
  } catch (error) {
    const isExpected = isProblem(error) || (error instanceof Error && 'code' in error)
    if (!isExpected) throw error
    throw new Problem('command_usage', { detail: `${file}: ${error.message}`, cause: error })
  }
  throw new Problem('command_usage', { detail: `${file} holds no certificate` })
}
