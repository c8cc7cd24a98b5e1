import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { problemBody, type ReasonCode } from '@sallyport/problem'
import { devicePaths, fromBase64url, newId, renewalProofBase, toBase64url } from '@sallyport/wire'
import {
  type Transport,
  TransportError,
  type TransportRequest,
  type TransportResponse,
} from '../src/index.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
export const gatewayUrl = 'https://api.example.com'
export const authorityUrl = 'https://authority.example.com'
export const mtlsUrl = 'https://devices.example.com:8447'

type Issued = {
  readonly der: string
  readonly spki: string
  readonly deviceId: string
  readonly notAfter: number
  predecessor?: Issued
  successor?: Issued
  isUsed: boolean
  status: 'active' | 'superseded'
}

type Message = Readonly<Record<string, string>> & { evidence?: { challenge?: string } }

/** What happens to a request: it does not arrive, its answer is lost, or an answer in its place. */
export type Mishap = 'request' | 'answer' | 'tls' | TransportResponse | undefined

/**
 * The rules of authority and gateway, in memory: a transport whose other end they are. Certificates are
 * bytes around a public key, requests the public key itself; everything else is as on the wire.
 */
export class ScriptedServer implements Transport {
  now = Date.parse('2026-11-01T00:00:00Z')
  lifeMs = 7 * dayMs
  graceMs = 30 * dayMs
  /** From the time of issue; by default two thirds of the life. */
  renewAfterMs: number | undefined
  /** Where devices are told to call with their certificates. */
  mtlsUrl: string | undefined
  approvalsLeft = 0
  forks = 0
  enrolled = 0
  readonly requests: TransportRequest[] = []
  readonly certificates = new Map<string, Issued>()
  /** Asked before each request, and its answer taken for granted. */
  mishap: (request: TransportRequest) => Mishap = () => undefined
  /** What the authority finds of a certificate that the gateway refuses for no reason of its own. */
  diagnosis: { ok: boolean; code?: ReasonCode; action?: string } = { ok: true }
  readonly #challenges = new Map<string, { expiresAt: number; spki?: string; answer?: Issued }>()

  async send(request: TransportRequest): Promise<TransportResponse> {
    request.signal.throwIfAborted()
    this.requests.push(request)
    const mishap = this.mishap(request)
    if (mishap === 'request') throw new TransportError('connect', 'no network')
    if (mishap === 'tls') throw new TransportError('tls', 'alert')
    if (typeof mishap === 'object') return mishap
    const response = request.url.startsWith(gatewayUrl)
      ? this.#gateway(request)
      : this.#authority(request)
    if (mishap === 'answer') throw new TransportError('lost', 'the answer was lost')
    return response
  }

  async close(): Promise<void> {}

  /** Requests to a path, as they were sent. */
  sent(path: string): TransportRequest[] {
    return this.requests.filter(({ url }) => new URL(url).pathname === path)
  }

  #authority(request: TransportRequest): TransportResponse {
    const message = JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as Message
    const path = new URL(request.url).pathname
    if (path === devicePaths.challenges) return this.#challenge()
    if (path === devicePaths.certificates) return this.#enroll(message)
    if (path === devicePaths.renewals) return this.#renew(message, request)
    const known = this.certificates.get(message['certificate'] ?? '')
    const isExpired = known !== undefined && known.notAfter <= this.now
    const expired = { ok: false, code: 'device_certificate_expired', action: 'renew' }
    return this.#json(200, isExpired ? expired : this.diagnosis)
  }

  #challenge(): TransportResponse {
    const challenge = randomBytes(32).toString('base64url')
    this.#challenges.set(challenge, { expiresAt: this.now + 5 * 60_000 })
    return this.#json(200, { challenge })
  }

  #enroll({ challenge: text = '', csr = '', evidence }: Message): TransportResponse {
    const challenge = this.#challenges.get(text)
    if (challenge === undefined) return this.problem('challenge_refused')
    if (challenge.spki !== undefined && challenge.spki !== csr)
      return this.problem('challenge_used')
    if (challenge.answer !== undefined) return this.#issued(challenge.answer)
    if (challenge.spki === undefined && challenge.expiresAt <= this.now) {
      return this.problem('challenge_expired')
    }
    if (evidence?.challenge !== text) return this.problem('evidence_refused')
    challenge.spki = csr
    if (this.approvalsLeft > 0) {
      this.approvalsLeft -= 1
      return this.#json(202, { status: 'pending', approvalId: 'apr_x', retryAfterSeconds: 10 })
    }
    this.enrolled += 1
    challenge.answer = this.#issue(csr, newId('device'))
    return this.#issued(challenge.answer)
  }

  #renew(message: Message, request: TransportRequest): TransportResponse {
    const { csr = '', proof, certificate, challenge: text, evidence } = message
    const isSigned = proof !== undefined
    const presented = isSigned ? certificate : leafOf(request)
    const predecessor = this.certificates.get(presented ?? '')
    if (predecessor === undefined) return this.problem('device_certificate_required')
    if (isSigned && predecessor.notAfter + this.graceMs <= this.now) {
      return this.problem('renewal_grace_over')
    }
    if (!isSigned && predecessor.notAfter <= this.now) {
      return this.problem('device_certificate_expired')
    }
    if (isSigned && !isProven(proof, text ?? '', csr, predecessor)) {
      return this.problem('renewal_proof_invalid')
    }
    const { successor } = predecessor
    predecessor.isUsed = true
    if (successor?.spki === csr) return this.#issued(successor)
    if (successor !== undefined && (successor.isUsed || successor.successor !== undefined)) {
      this.forks += 1
      return this.problem('renewal_forked')
    }
    const challenge = this.#challenges.get(text ?? '')
    if (text !== undefined && (challenge === undefined || challenge.expiresAt <= this.now)) {
      return this.problem('challenge_expired')
    }
    if (csr !== predecessor.spki && evidence === undefined) {
      return this.problem('renewal_evidence_required')
    }
    if (evidence !== undefined && evidence.challenge !== text) {
      return this.problem('evidence_refused')
    }
    if (successor !== undefined) successor.status = 'superseded'
    const issued = this.#issue(csr, predecessor.deviceId)
    issued.predecessor = predecessor
    predecessor.successor = issued
    return this.#issued(issued)
  }

  #gateway(request: TransportRequest): TransportResponse {
    const certificate = this.certificates.get(leafOf(request) ?? '')
    if (certificate === undefined) return this.problem('device_certificate_untrusted')
    if (certificate.notAfter <= this.now) return this.problem('device_certificate_expired')
    if (certificate.status === 'superseded') return this.problem('device_certificate_superseded')
    certificate.isUsed = true
    if (certificate.predecessor !== undefined) certificate.predecessor.status = 'superseded'
    const body = new TextEncoder().encode(`hello ${certificate.deviceId}`)
    return { status: 200, headers: [['content-type', 'text/plain']], body }
  }

  #issue(spki: string, deviceId: string): Issued {
    const key = fromBase64url(spki) ?? new Uint8Array()
    const der = Buffer.concat([randomBytes(40), key, randomBytes(40)]).toString('base64url')
    const notAfter = this.now + this.lifeMs
    const issued: Issued = { der, spki, deviceId, notAfter, isUsed: false, status: 'active' }
    this.certificates.set(der, issued)
    return issued
  }

  #issued({ der, deviceId, notAfter }: Issued): TransportResponse {
    const renewAfterMs = this.renewAfterMs ?? (this.lifeMs * 2) / 3
    return this.#json(201, {
      deviceId,
      assurance: 'software',
      certificates: [der, toBase64url(createHash('sha256').update('ca').digest())],
      notAfter: new Date(notAfter).toISOString(),
      renewAfter: new Date(notAfter - this.lifeMs + renewAfterMs).toISOString(),
      graceUntil: new Date(notAfter + this.graceMs).toISOString(),
      ...(this.mtlsUrl === undefined ? {} : { mtlsUrl: this.mtlsUrl }),
    })
  }

  #json(status: number, members: object): TransportResponse {
    const text = JSON.stringify({ ...members, serverTime: new Date(this.now).toISOString() })
    const body = new TextEncoder().encode(text)
    return { status, headers: [['content-type', 'application/json']], body }
  }

  problem(
    code: ReasonCode,
    extra: { headers?: [string, string][]; members?: object } = {},
  ): TransportResponse {
    const problem = problemBody(code, { requestId: newId('request') })
    return {
      status: problem.status,
      headers: [['Content-Type', 'application/problem+json'], ...(extra.headers ?? [])],
      body: new TextEncoder().encode(JSON.stringify({ ...problem, ...extra.members })),
    }
  }
}

function leafOf(request: TransportRequest): string | undefined {
  const leaf = request.identity?.certificates[0]
  return leaf === undefined ? undefined : toBase64url(leaf)
}

function isProven(proof: string, challenge: string, csr: string, predecessor: Issued): boolean {
  const base = renewalProofBase(bytesOf(challenge), bytesOf(csr))
  const key = createPublicKey({
    key: Buffer.from(bytesOf(predecessor.spki)),
    format: 'der',
    type: 'spki',
  })
  return verify('sha256', base, key, bytesOf(proof))
}

function bytesOf(text: string): Uint8Array {
  return fromBase64url(text) ?? new Uint8Array()
}
