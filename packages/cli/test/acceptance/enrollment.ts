import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import https from 'node:https'
import { createSigningRequest, toPem } from '@sallyport/pki'
import {
  devicePaths,
  enrollmentProofBase,
  fromBase64url,
  type IssuedCertificate,
  toBase64url,
} from '@sallyport/wire'
import type { Identity } from './edited-development.ts'

export type Enrolled = Identity & { issued: IssuedCertificate }

/** A device's key; `request` is the DER of a CSR in place of a plain one. */
export type EnrollmentKey = { publicKey: KeyObject; privateKey: KeyObject; request?: Uint8Array }

type Answer = { status: number; body: Record<string, unknown> }

/** One request with a JSON body. Rejects where the connection ends before the answer. */
export function post(
  url: string,
  body: object,
  agent: https.Agent,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = JSON.stringify(body)
  const length = String(Buffer.byteLength(text))
  return new Promise((resolve, reject) => {
    const request = https.request(url, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString()
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(answer) })
      })
    })
    request.end(text)
  })
}

/** Enrols by hand, so that a thousand are under way at once. Undefined where it was not answered, or busy. */
export async function enrollOnce(
  authority: string,
  agent: https.Agent,
  key: EnrollmentKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }),
): Promise<Enrolled | undefined> {
  const order = { appId: 'demo', purpose: 'enroll' }
  const asked = await answered(post(authority + devicePaths.challenges, order, agent))
  if (asked === undefined) return undefined
  const challenge = asked.body['challenge'] as string
  const body = {
    appId: 'demo',
    challenge,
    csr: toBase64url(key.request ?? createSigningRequest(key)),
    evidence: { format: 'development', statement: statementOf(key, challenge) },
    platform: 'other',
    appVersion: '1.0.0',
  }
  const answer = await answered(post(authority + devicePaths.certificates, body, agent))
  if (answer === undefined) return undefined
  const issued = answer.body as unknown as IssuedCertificate
  const pems = issued.certificates.map((der) =>
    toPem('CERTIFICATE', fromBase64url(der) ?? new Uint8Array()),
  )
  const pem = key.privateKey.export({ format: 'pem', type: 'pkcs8' })
  return { issued, cert: pems.join(''), key: String(pem) }
}

function statementOf(
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
  challenge: string,
): string {
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const base = enrollmentProofBase(fromBase64url(challenge) ?? new Uint8Array(), spki)
  return toBase64url(sign('sha256', base, privateKey))
}

/** Undefined where the connection ended first, or the authority was too busy; anything else must be a success. */
async function answered(asked: Promise<Answer>): Promise<Answer | undefined> {
  let answer: Answer
  try {
    answer = await asked
  } catch {
    return undefined
  }
  if (answer.status === 503 && answer.body['code'] === 'authority_busy') return undefined
  if (answer.status !== 200 && answer.status !== 201) throw new Error(JSON.stringify(answer))
  return answer
}
