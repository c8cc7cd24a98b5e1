import { type Certificate } from '@sallyport/pki'
import { quietPort } from '@sallyport/virtual-device'
import { type Deployment, type DeploymentOptions, deploy } from '../../fixture/deployment.ts'
import { certificatesIn } from '../est/est-place.ts'
import {
  type CertRep,
  messageOf,
  type MessageOptions,
  readCertRep,
  requestWith,
  type Signer,
} from './scep-client.ts'

/** YAML of an app that attests by development evidence, and enrols by SCEP beside it. */
export const scepApp = (scep = '', enrollment = '', certificate = '') => `
  wallet:
    insecureDevelopmentDevices: true
    enrollment: { evidence: [development]${enrollment} }
    certificate: { keyKinds: [ec-p256, rsa-2048], overlapMinutes: 0${certificate} }
    protocols:
      scep: { lane: fleet${scep} }
`

export type ScepPlace = Deployment & {
  /** Of the status listener. */
  readonly url: string
  ra(appId?: string): Promise<Certificate>
  token(appId?: string): Promise<string>
  post(message: Uint8Array, appId?: string): Promise<Response>
  /** Sends a message, and reads its answer. */
  ask(options: Omit<MessageOptions, 'ra'> & { appId?: string }): Promise<CertRep>
  /** Enrols a key by a challenge. */
  enroll(
    signer: Signer,
    challenge: string | undefined,
    more?: Partial<MessageOptions>,
  ): Promise<CertRep>
}

/** An authority with SCEP, and a client of it. */
export async function deployScep(options: DeploymentOptions = {}): Promise<ScepPlace> {
  const port = await quietPort()
  const url = `http://127.0.0.1:${port}`
  const deployment = await deploy({
    apps: scepApp(),
    authority: `    status: { listen: '127.0.0.1:${port}' }
  status: { url: '${url}', shards: 1 }`,
    ...options,
  })
  const ra = async (appId = 'wallet'): Promise<Certificate> => {
    const answer = await fetch(`${url}/scep/${appId}?operation=GetCACert`)
    const [first] = certificatesIn(Buffer.from(await answer.arrayBuffer()))
    if (first === undefined) throw new Error('no registration authority')
    return first
  }
  const post = (message: Uint8Array, appId = 'wallet') =>
    fetch(`${url}/scep/${appId}?operation=PKIOperation`, {
      method: 'POST',
      body: new Uint8Array(message),
      headers: { 'content-type': 'application/x-pki-message' },
    })
  const ask: ScepPlace['ask'] = async ({ appId, ...message }) => {
    const authority = await ra(appId)
    const answer = await post(await messageOf({ ...message, ra: authority }), appId)
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (answer.status !== 200) throw new Error(`${answer.status} ${bytes.toString('utf8')}`)
    return readCertRep(bytes, message.signer, authority)
  }
  return {
    ...deployment,
    get authority() {
      return deployment.authority
    },
    url,
    ra,
    post,
    ask,
    async token(appId = 'wallet') {
      const answer = await deployment.admin('/admin/v1/enrollment-tokens', { body: { appId } })
      return answer.body.token as string
    },
    async enroll(signer, challenge, more = {}) {
      return ask({ content: await requestWith(signer.key, challenge), signer, ...more })
    },
  }
}
