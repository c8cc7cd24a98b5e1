import {
  type Certificate,
  type CertificateList,
  parseCertificate,
  parseCertificateList,
  readAuthorityInformation,
  readDistributionPoints,
} from '@sallyport/pki'
import { fromBase64url } from '@sallyport/wire'
import { quietPort } from '@sallyport/virtual-device'
import { type Deployment, type DeploymentOptions, deploy } from '../fixture/deployment.ts'
import { developmentAppWith } from '../fixture/apps.ts'
import type { Phone } from '../fixture/phone.ts'

export type Publishing = Deployment & {
  /** Of the status listener, as certificates say it. */
  readonly url: string
  /** Until something is so: lists follow a change within seconds. */
  eventually<T>(what: string, find: () => Promise<T | undefined>): Promise<T>
  list(url: string): Promise<CertificateList>
}

export type PublishingOptions = DeploymentOptions & {
  /** Members of `authority.status` beside its url, YAML. */
  status?: string
  /** Members of `certificate` of the app, YAML. */
  certificate?: string
}

/** An authority that publishes the status of certificates of the app wallet, with two shards. */
export async function deployPublishing(options: PublishingOptions = {}): Promise<Publishing> {
  const { status = 'shards: 2', certificate = 'overlapMinutes: 0' } = options
  const port = await quietPort()
  const url = `http://127.0.0.1:${port}`
  const deployment = await deploy({
    apps: developmentAppWith(`revocation: published, ${certificate}`),
    ...options,
    authority: `    status: { listen: '127.0.0.1:${port}' }
  status: { url: '${url}', ${status} }`,
  })
  return {
    ...deployment,
    get authority() {
      return deployment.authority
    },
    url,
    eventually,
    list: async (address: string) => {
      const answer = await fetch(address)
      if (answer.status !== 200) throw new Error(`${address}: ${answer.status}`)
      return parseCertificateList(new Uint8Array(await answer.arrayBuffer()))
    },
  }
}

async function eventually<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
  const until = Date.now() + 60_000
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    if (Date.now() > until) throw new Error(`not within 60 s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The certificate of a phone, its issuer, and what it says of its status. */
export function certificatesOf({ issued }: Pick<Phone, 'issued'>): {
  leaf: Certificate
  issuer: Certificate
} {
  const [leaf, issuer] = issued.certificates.map((der) =>
    parseCertificate(fromBase64url(der) ?? new Uint8Array()),
  )
  if (leaf === undefined || issuer === undefined) throw new Error('no certificates')
  return { leaf, issuer }
}

export function addressesOf(leaf: Certificate) {
  const value = (oid: string) => leaf.extensions.get(oid)?.value ?? new Uint8Array()
  const [list = ''] = readDistributionPoints(value('2.5.29.31'))
  const { ocsp, issuerCertificates } = readAuthorityInformation(value('1.3.6.1.5.5.7.1.1'))
  const shard = Number(/\/(\d+)\.crl$/.exec(list)?.[1])
  return {
    list,
    shard,
    full: list.replace(/\/\d+\.crl$/, '.crl'),
    ocsp: ocsp[0] ?? '',
    issuer: issuerCertificates[0] ?? '',
  }
}
