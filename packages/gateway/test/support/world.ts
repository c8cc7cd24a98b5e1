import {
  type Certificate,
  createRoot,
  generateKey,
  issueDeviceCa,
  issueDeviceCertificate,
  issueGatewayCertificate,
  issueServerCertificate,
  type Issuer,
  type KeyPair,
  signingKeyOf,
  toPem,
} from '@sallyport/pki'
import {
  type Assurance,
  newId,
  type Platform,
  toBase64url,
  type TrustedIssuer,
} from '@sallyport/wire'

export const trustDomain = 'example.com'
const dayMs = 86_400_000

/** Certificate and key in PEM. */
export type Identity = { readonly cert: string; readonly key: string }

export type TestDevice = Identity & {
  readonly deviceId: string
  readonly thumbprint: string
  readonly certificate: Certificate
  readonly keyPair: KeyPair
}

export type DeviceOptions = {
  readonly issuer?: Issuer
  readonly deviceId?: string
  readonly keyPair?: KeyPair
  readonly assurance?: Assurance
  readonly platform?: Platform
  readonly appVersion?: string
  /** Thumbprints. */
  readonly predecessors?: readonly string[]
  readonly notBefore?: number
  readonly notAfter?: number
}

/** The CAs of a deployment, and what they issued. */
export type World = {
  readonly serviceRoot: Certificate
  readonly serviceCa: string
  readonly deviceCa: Issuer
  readonly trusted: (issuer: Issuer, kind?: TrustedIssuer['kind'], appId?: string) => TrustedIssuer
  readonly newDeviceCa: (appId?: string, domain?: string) => Promise<Issuer>
  readonly newDevelopmentCa: () => Promise<Issuer>
  readonly server: (...names: string[]) => Promise<Identity>
  readonly gateway: (name: string) => Promise<Identity>
  readonly device: (options?: DeviceOptions) => Promise<TestDevice>
}

export async function createWorld(): Promise<World> {
  const now = Date.now()
  const serviceKey = signingKeyOf(await generateKey('ec-p256'))
  const serviceRoot = await createRoot({
    key: serviceKey,
    commonName: 'Test service root',
    kind: 'service',
    now,
  })
  const service: Issuer = { certificate: serviceRoot, key: serviceKey }
  const newCa = async (kind: 'device' | 'development', appId: string, domain: string) => {
    const rootKey = signingKeyOf(await generateKey('ec-p256'))
    const begun = now - dayMs
    const root = await createRoot({
      key: rootKey,
      commonName: `Test ${kind} root`,
      kind,
      now: begun,
    })
    const key = signingKeyOf(await generateKey('ec-p256'))
    const certificate = await issueDeviceCa({
      root: { certificate: root, key: rootKey },
      key,
      appId,
      trustDomain: domain,
      kind,
      now: begun,
    })
    return { certificate, key }
  }
  const deviceCa = await newCa('device', 'wallet', trustDomain)
  const identity = (certificate: Certificate, keyPair: KeyPair): Identity => ({
    cert: toPem('CERTIFICATE', certificate.der),
    key: keyPair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  })
  const spkiOf = (keyPair: KeyPair) => keyPair.publicKey.export({ format: 'der', type: 'spki' })
  return {
    serviceRoot,
    serviceCa: toPem('CERTIFICATE', serviceRoot.der),
    deviceCa,
    trusted: (issuer, kind = 'device', appId = 'wallet') => ({
      certificate: toBase64url(issuer.certificate.der),
      kind,
      trustDomain: kind === 'development' ? `dev.${trustDomain}` : trustDomain,
      appId,
    }),
    newDeviceCa: (appId = 'wallet', domain = trustDomain) => newCa('device', appId, domain),
    newDevelopmentCa: () => newCa('development', 'wallet', `dev.${trustDomain}`),
    server: async (...names) => {
      const keyPair = await generateKey('ec-p256')
      const options = { issuer: service, spki: spkiOf(keyPair), names, now, days: 2 }
      return identity(await issueServerCertificate(options), keyPair)
    },
    gateway: async (name) => {
      const keyPair = await generateKey('ec-p256')
      const options = { issuer: service, spki: spkiOf(keyPair), trustDomain, name, now, days: 2 }
      return identity(await issueGatewayCertificate(options), keyPair)
    },
    device: async (options = {}) => {
      const issuer = options.issuer ?? deviceCa
      const keyPair = options.keyPair ?? (await generateKey('ec-p256'))
      const deviceId = options.deviceId ?? newId('device')
      const isDevelopment = issuer.certificate.policies.length > 1
      const certificate = await issueDeviceCertificate({
        issuer,
        spki: spkiOf(keyPair),
        trustDomain: isDevelopment ? `dev.${trustDomain}` : trustDomain,
        appId: 'wallet',
        deviceId,
        assurance: options.assurance ?? 'tee',
        facts: {
          platform: options.platform ?? 'android',
          appVersion: options.appVersion ?? '2.1.0',
          appraisedAt: now,
        },
        predecessors: options.predecessors ?? [],
        notBefore: options.notBefore ?? now - 300_000,
        notAfter: options.notAfter ?? now + dayMs,
      })
      const { thumbprint } = certificate
      return { ...identity(certificate, keyPair), deviceId, thumbprint, certificate, keyPair }
    },
  }
}
