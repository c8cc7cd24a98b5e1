import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import {
  type Change,
  type EndedKind,
  endedKinds,
  maxBatchChanges,
  type Report,
  type TrustedIssuer,
} from '@sallyport/wire'
import { Report as ReportSchema } from '@sallyport/wire/messages'
import { encodePackedStatus } from '@sallyport/wire/status'
import Value from 'typebox/value'
import { type FeedSigner, feedSigner } from './feed-signer.ts'
import { type Listed, type ListedEntry, packed } from './packed.ts'
import type { World } from './world.ts'

/** The gateway's side of an authority, in memory: what it answers is what a test says. */
export class TestAuthority {
  readonly reports: Report[] = []
  /** What it signs with. */
  signer: FeedSigner = feedSigner()
  /** The key sets that it tells. */
  keySets: string[] = []
  epoch = 'epo_aaaaaaaaaaaaaaaaaaaaaaaaaa'
  seq = 0
  issuers: TrustedIssuer[]
  /** Kinds of status that a later version may list. */
  others: Record<string, ListedEntry[]> = {}
  /** Certificates of issuers that are withdrawn. */
  withdrawn: ListedEntry[] = []
  /** The nonces of a greeting, of the one that is asked for. */
  greets: (nonce: string) => string[] = (nonce) => [nonce]
  /** What is sent as a snapshot, and how it is compressed. */
  sends: () => { bytes: Buffer; encoding?: string } = () => ({ bytes: this.sealedSnapshot() })
  /** By which its clock differs. */
  clockOffsetMs = 0
  snapshotsGiven = 0
  /** The last batch, as it was sent. */
  said = ''
  /** Reports that were not understood. */
  refused = 0
  refuses: (report: Report) => boolean = () => false
  readonly #listed = { certificate: new Map<string, string>(), device: new Map<string, string>() }
  /** What ends tokens, by kind, as a snapshot lists it. */
  readonly ended: Record<EndedKind, ListedEntry[]> = {
    token: [],
    subject: [],
    session: [],
    deviceTokens: [],
  }
  readonly #history: Change[] = []
  readonly #feeds = new Set<ServerResponse>()
  readonly #world: World
  #server: https.Server | undefined
  readonly #sockets = new Set<Socket>()
  #port = 0
  #beating: NodeJS.Timeout | undefined

  constructor(world: World) {
    this.#world = world
    this.issuers = [world.trusted(world.deviceCa)]
    this.sayKeys()
  }

  /** Tells a key set, signed by the key of now or another. */
  sayKeys(by = this.signer, keys = [this.signer.jwk]): void {
    const number = this.keySets.length + 1
    this.keySets.push(by.sign({ type: 'keys', number, at: this.#now(), keys }))
  }

  #now(): number {
    return Date.now() + this.clockOffsetMs
  }

  get url(): string {
    return `https://localhost:${this.#port}`
  }

  async start(): Promise<void> {
    const identity = await this.#world.server('localhost')
    const server = https.createServer({
      ...identity,
      ca: this.#world.serviceCa,
      requestCert: true,
      rejectUnauthorized: true,
    })
    // Also those in the middle of their handshake, which the server itself does not count as its own yet.
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', 'https://localhost')
      if (url.pathname === '/gateway/v1/snapshot') {
        this.snapshotsGiven++
        const { bytes, encoding } = this.sends()
        if (encoding !== undefined) response.setHeader('content-encoding', encoding)
        response.end(bytes)
      } else if (url.pathname === '/gateway/v1/feed-keys') {
        const after = Number(url.searchParams.get('after'))
        response.end(JSON.stringify({ sets: this.keySets.slice(after) }))
      } else if (url.pathname === '/gateway/v1/reports') {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          const report: unknown = JSON.parse(Buffer.concat(chunks).toString())
          // As strict as the real one is.
          if (Value.Check(ReportSchema, report) && !this.refuses(report)) {
            this.reports.push(report)
            response.writeHead(204).end()
            return
          }
          this.refused++
          response.writeHead(400, { 'content-type': 'application/problem+json' })
          response.end(JSON.stringify({ code: 'message_malformed' }))
        })
      } else if (url.pathname === '/gateway/v1/feed') this.#follow(url.searchParams, response)
      else response.writeHead(404).end()
    })
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
    this.#beating = setInterval(() => this.heartbeat(), 1_000)
  }

  async stop(): Promise<void> {
    clearInterval(this.#beating)
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  sealedSnapshot(): Buffer {
    const { epoch, seq, at } = this.snapshot()
    const body = encodePackedStatus(packed(this.snapshot()))
    const sha256 = createHash('sha256').update(body).digest('base64url')
    const seal = this.signer.sign({ type: 'snapshot', epoch, seq, at, bytes: body.length, sha256 })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(seal.length)
    return Buffer.concat([length, Buffer.from(seal), body])
  }

  snapshot(): Listed {
    const until = Date.now() + 86_400_000
    const entries = (listed: Map<string, string>) =>
      [...listed].map(([key, status]) => ({ key, status, until }))
    return {
      epoch: this.epoch,
      seq: this.seq,
      at: this.#now(),
      issuers: this.issuers,
      certificates: entries(this.#listed.certificate),
      devices: entries(this.#listed.device),
      ...Object.fromEntries(
        Object.entries(endedKinds).map(([kind, member]) => [member, this.ended[kind as EndedKind]]),
      ),
      withdrawn: this.withdrawn,
      others: this.others,
    }
  }

  /** Appends a change and tells it. @returns its number */
  change(kind: string, key: string, status: string, issuer?: TrustedIssuer): number {
    const change: Change = {
      seq: ++this.seq,
      at: this.#now(),
      kind,
      key,
      status,
      until: Date.now() + 86_400_000,
      ...(issuer === undefined ? {} : { issuer }),
    }
    if (kind === 'device' || kind === 'certificate') this.#listed[kind].set(key, status)
    this.#history.push(change)
    this.#tellAll([change])
    return change.seq
  }

  /** Ends tokens: told on the feed, and in snapshots from now on. */
  end(kind: EndedKind, key: string, issuedUntil?: number): number {
    const when = issuedUntil === undefined ? {} : { issuedUntil }
    const until = Date.now() + 86_400_000
    const entry = { key, status: 'ended', until, ...when }
    this.ended[kind].push(entry)
    const change: Change = { seq: ++this.seq, at: this.#now(), kind, ...entry }
    this.#history.push(change)
    this.#tellAll([change])
    return change.seq
  }

  /** Changes what the next snapshot says, and tells nobody. */
  list(kind: 'device' | 'certificate', key: string, status: string): void {
    this.#listed[kind].set(key, status)
  }

  heartbeat(): void {
    const data = this.signer.sign({ type: 'heartbeat', ...this.#beat() })
    for (const feed of this.#feeds) feed.write(`event: heartbeat\ndata: ${data}\n\n`)
  }

  #beat() {
    const { epoch, seq, keySets } = this
    return { epoch, seq, at: this.#now(), keys: keySets.length }
  }

  #tellAll(changes: readonly Change[]): void {
    const text = this.#batch(changes)
    for (const feed of this.#feeds) feed.write(text)
  }

  /** Several changes of devices in one batch. @returns the number of the last */
  changes(keys: readonly string[], status: string): number {
    const until = Date.now() + 86_400_000
    const changes = keys.map((key): Change => {
      this.#listed.device.set(key, status)
      return { seq: ++this.seq, at: this.#now(), kind: 'device', key, status, until }
    })
    this.#history.push(...changes)
    this.#tellAll(changes)
    return this.seq
  }

  /** Changes without a gap, as an event. The last one can be said again: `said`. */
  #batch(changes: readonly Change[]): string {
    const first = changes[0]?.seq ?? 0
    const last = changes.at(-1)?.seq ?? 0
    const { epoch } = this
    const at = this.#now()
    const data = this.signer.sign({ type: 'changes', epoch, first, last, at, changes })
    this.said = `id: ${last}\nevent: changes\ndata: ${data}\n\n`
    return this.said
  }

  get feeds(): number {
    return this.#feeds.size
  }

  /** Sends what is no event, or a wrong one. */
  garble(text: string): void {
    for (const feed of this.#feeds) feed.write(text)
  }

  /** Comes back with its store as it was at the beginning, and notices. */
  goBack(epoch = 'epo_bbbbbbbbbbbbbbbbbbbbbbbbbb'): void {
    this.epoch = epoch
    this.seq = 0
    this.#history.length = 0
    for (const listed of Object.values(this.#listed)) listed.clear()
    this.breakFeeds()
  }

  breakFeeds(): void {
    for (const feed of this.#feeds) feed.destroy()
  }

  #follow(query: URLSearchParams, response: ServerResponse): void {
    const after = Number(query.get('after'))
    if (query.get('epoch') !== this.epoch || after > this.seq) {
      response.writeHead(410, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ code: 'feed_gone' }))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const nonces = this.greets(query.get('nonce') ?? '')
    const hello = this.signer.sign({ type: 'hello', ...this.#beat(), nonces })
    response.write(`event: hello\ndata: ${hello}\n\n`)
    const missed = this.#history.filter(({ seq }) => seq > after)
    for (let at = 0; at < missed.length; at += maxBatchChanges) {
      response.write(this.#batch(missed.slice(at, at + maxBatchChanges)))
    }
    this.#feeds.add(response)
    response.on('close', () => this.#feeds.delete(response))
  }
}
