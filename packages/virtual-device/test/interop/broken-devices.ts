import { type Certificate, type Issuer, parseCertificate, signingKeyOf } from '@sallyport/pki'
import { createDevice, createDeviceCa, createIssuer, type IssuedDevice } from '../deployment-pki.ts'

/** A device, and the CAs that it shows besides, its issuer first. */
export type Presented = { readonly device: IssuedDevice; readonly issuers: readonly Certificate[] }

/** A device root, its CA, a good device, and devices that every verifier must refuse. */
export type Devices = {
  readonly root: Issuer
  readonly ca: Issuer
  readonly good: IssuedDevice
  readonly broken: ReadonlyMap<string, Presented>
}

export async function createDevices(): Promise<Devices> {
  const root = await createIssuer('device', 'Sallyport device root')
  const ca = await createDeviceCa(root)
  const stranger = await createDeviceCa(await createIssuer('device', 'Sallyport device root'))
  const good = await createDevice(ca)
  const { certificate, privateKey } = good
  const key = signingKeyOf({ privateKey, publicKey: certificate.publicKey })
  const underDevice = { certificate, key }
  const issuers = [ca.certificate]
  return {
    root,
    ca,
    good,
    broken: new Map<string, Presented>([
      [
        'of another trust domain',
        { device: await createDevice(ca, { domain: 'evil.example' }), issuers },
      ],
      [
        'of a trust domain that only ends alike',
        { device: await createDevice(ca, { domain: 'notexample.com' }), issuers },
      ],
      ['expired', { device: await createDevice(ca, { days: -1 }), issuers }],
      [
        'of a stranger of the same name',
        { device: await createDevice(stranger), issuers: [stranger.certificate] },
      ],
      ['with a signature that was changed', { device: tampered(good), issuers }],
      [
        'issued by a device',
        { device: await createDevice(underDevice), issuers: [certificate, ...issuers] },
      ],
    ]),
  }
}

function tampered({ certificate, privateKey }: IssuedDevice): IssuedDevice {
  const der = Buffer.from(certificate.der)
  const last = der.length - 1
  der[last] = (der[last] ?? 0) ^ 1
  return { certificate: parseCertificate(der), privateKey }
}
