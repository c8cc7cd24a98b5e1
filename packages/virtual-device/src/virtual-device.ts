import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type KeyKind, toPem } from '@sallyport/pki'
import {
  type ClientOptions,
  type CollectEvidence,
  createClient,
  type DeviceCertificate,
  type KeyStore,
  type SallyportClient,
  type Transport,
} from '@sallyport/sdk'
import type { Platform } from '@sallyport/wire'
import { developmentEvidence } from './development-evidence.ts'
import { nodeTransport, type NodeTransportOptions } from './node-transport.ts'
import { privateKeyOf, softwareKeyStore } from './software-key-store.ts'
import { type PlatformParts, platformParts, type VirtualPhone } from './virtual-phone.ts'
import { replaceFile } from '@sallyport/pki'

export type VirtualDeviceOptions = NodeTransportOptions &
  Pick<
    ClientOptions,
    'autoEnroll' | 'renewalKey' | 'retry' | 'timeoutMs' | 'now' | 'random' | 'sleep'
  > & {
    /** Where its keys and what it knows are kept; made where it is not there. One device a directory. */
    readonly directory: string
    /** The https origin of the device listener of the authority. */
    readonly authorityUrl: string
    /** The https origin of the gateway. */
    readonly gatewayUrl: string
    /** PEM file of the CA that both servers are verified with. */
    readonly caFile: string
    readonly appId: string
    /** Default 1.0.0. */
    readonly appVersion?: string
    /** A phone with evidence of its platform. Default: a computer with development evidence. */
    readonly phone?: VirtualPhone
    /** What the app claims to run on. Default: that of `phone`, or `other`. */
    readonly platform?: Platform
    readonly osPatchLevel?: string
    /** What it calls itself over reinstalls: another directory with the same id is the same phone. */
    readonly phoneId?: string
    /** Default `ec-p256`. */
    readonly keyKind?: KeyKind
    /** Ways to misbehave: what stands between the client and its parts. */
    readonly wrapTransport?: (transport: Transport) => Transport
    readonly wrapKeyStore?: (keyStore: KeyStore) => KeyStore
    readonly wrapEvidence?: (collect: CollectEvidence) => CollectEvidence
  }

export type VirtualDevice = SallyportClient & {
  /** PEM of the certificate in use and its issuing CA, for curl and the like; there once enrolled. */
  readonly certificateFile: string
  /** PEM of its key, mode 0600. */
  readonly keyFile: string
  /** Ends its connections. The directory stays. */
  close(): Promise<void>
}

/** A phone in software: the client library with keys in files, evidence, and Node's TLS. */
export function createVirtualDevice(options: VirtualDeviceOptions): VirtualDevice {
  const { directory, keyKind, phone, wrapTransport, wrapKeyStore, wrapEvidence } = options
  const keys = softwareKeyStore({ directory, ...(keyKind === undefined ? {} : { keyKind }) })
  const parts = phone === undefined ? computer : platformParts(phone, directory)
  const keyStore = parts.keyStore(keys)
  const transport = nodeTransport(options)
  const certificateFile = join(directory, 'device.crt')
  const keyFile = join(directory, 'device.key')

  async function writePemFiles({ keyId, certificates }: DeviceCertificate): Promise<void> {
    const key = await keyStore.open(keyId)
    if (key === undefined) return
    const pem = privateKeyOf(key).export({ format: 'pem', type: 'pkcs8' }).toString()
    await replaceFile(keyFile, pem)
    const chain = certificates.map((der) => toPem('CERTIFICATE', der)).join('')
    await replaceFile(certificateFile, chain)
  }

  const client = createClient({
    ...options,
    ...(parts.signals === undefined ? {} : { signals: parts.signals }),
    gateway: options.gatewayUrl,
    enrollUrl: options.authorityUrl,
    trust: { caCertificates: readFileSync(options.caFile, 'utf8') },
    keyStore: wrapKeyStore === undefined ? keyStore : wrapKeyStore(keyStore),
    transport: wrapTransport === undefined ? transport : wrapTransport(transport),
    evidence: wrapEvidence === undefined ? parts.evidence : wrapEvidence(parts.evidence),
    app: {
      ...parts.facts,
      id: options.appId,
      version: options.appVersion ?? '1.0.0',
      ...(options.platform === undefined ? {} : { platform: options.platform }),
      ...(options.osPatchLevel === undefined ? {} : { osPatchLevel: options.osPatchLevel }),
      ...(options.phoneId === undefined ? {} : { phoneId: options.phoneId }),
    },
    onCertificate: writePemFiles,
  })
  return { ...client, certificateFile, keyFile, close: () => transport.close() }
}

const computer: PlatformParts = {
  facts: { platform: 'other' },
  keyStore: (keys) => keys,
  evidence: developmentEvidence,
}
