import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  certificatesFromPem,
  generateKey,
  issueDeviceCertificate,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import { newId } from '@sallyport/wire'
import type { Identity } from '../acceptance/edited-development.ts'
import type { Development } from '../sallyport.ts'

/** A certificate that names the deployment's CA as its issuer, and was signed by another key. */
export async function forgedDevice(
  { facts }: Development,
  notAfter = Date.now() + 3_600_000,
): Promise<Identity> {
  const [real] = certificatesFromPem(readFileSync(facts.device.certificateFile, 'utf8'))
  const certificate = certificatesFromPem(readFileSync(facts.deviceCaFile, 'utf8')).find(
    ({ der }) =>
      real !== undefined &&
      new X509Certificate(real.der).verify(new X509Certificate(der).publicKey),
  )
  if (certificate === undefined) throw new Error('no CA')
  const key = signingKeyOf(await generateKey('ec-p256'))
  const own = await generateKey('ec-p256')
  const forged = await issueDeviceCertificate({
    issuer: { certificate, key },
    spki: own.publicKey.export({ format: 'der', type: 'spki' }),
    trustDomain: 'dev.sallyport.test',
    appId: 'demo',
    deviceId: newId('device'),
    assurance: 'unattested',
    facts: { platform: 'other', appVersion: '1', appraisedAt: Date.now() },
    predecessors: [],
    notBefore: notAfter - 7_200_000,
    notAfter,
  })
  return {
    cert: toPem('CERTIFICATE', forged.der),
    key: own.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  }
}
