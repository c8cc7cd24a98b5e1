import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Log } from '../log/log.ts'
import { http } from '../runtime/node-http.ts'
import type { CallCounters } from './call-counters.ts'
import type { Decider, DecisionAnswer } from './decider.ts'
import { type DecisionForm, decisionForms } from './decision-form.ts'
import type { DecisionPeer } from './decision-peer.ts'
import type { DecisionCallerPlan } from './decisions-plan.ts'
import { httpAnswer } from './http-answer.ts'
import { callerNameOf, httpQuestion } from './http-question.ts'

export type HttpDecisionsOptions = {
  readonly decider: Decider
  readonly counters: CallCounters
  /** The callers that a peer can be, of the configuration in force. */
  readonly callersOf: (peer: DecisionPeer) => readonly DecisionCallerPlan[]
  readonly log: Log
}

/** The fields of a client, its certificate in them twice as long as DER, and what the proxy adds. */
const maxHeaderBytes = 96 * 1024
/** No proxy sends content unless told to; a little is thrown away, more ends the connection. */
const maxContentBytes = 64 * 1024
const headersMs = 5_000
const requestMs = 10_000
const keepAliveMs = 75_000

/** Answers proxies that ask over HTTP/1: `auth_request`, forward-auth, ext_authz. */
export class HttpDecisions {
  readonly #options: HttpDecisionsOptions
  readonly #peers = new WeakMap<Duplex, DecisionPeer>()
  readonly #server: Server

  constructor(options: HttpDecisionsOptions) {
    this.#options = options
    this.#server = http.createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: headersMs,
        requestTimeout: requestMs,
        keepAliveTimeout: keepAliveMs,
        connectionsCheckingInterval: headersMs,
      },
      this.#serve,
    )
    this.#server.maxHeadersCount = 0
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  accept(socket: Duplex, peer: DecisionPeer): void {
    this.#peers.set(socket, peer)
    this.#server.emit('connection', socket)
  }

  close(): void {
    this.#server.close()
    this.#server.closeIdleConnections()
  }

  readonly #serve = (call: IncomingMessage, response: ServerResponse): void => {
    discardContent(call, response)
    const { decider, counters, callersOf, log } = this.#options
    const peer = this.#peers.get(call.socket)
    const name = callerNameOf(call.url ?? '')
    const caller =
      peer === undefined ? undefined : callersOf(peer).find((listed) => listed.name === name)
    try {
      const question =
        caller === undefined ? { bad: 'no such caller here' } : httpQuestion(call, caller)
      if (caller !== undefined && !('bad' in question)) {
        decider.decide(question, (answer) => {
          counters.count(caller.name, answer.isAllowed ? 'allowed' : 'refused')
          send(response, answer, decisionForms[caller.form])
        })
        return
      }
      const found = 'bad' in question ? question.bad : ''
      counters.count(caller?.name ?? '', 'bad_call')
      log.warn({ caller: caller?.name, found }, 'a call for a decision was refused')
      // Whoever is not listed is answered as the proxy that knows the fewest statuses.
      send(response, decider.refuseCall(found), decisionForms[caller?.form ?? 'nginx'])
    } catch (error) {
      log.error({ error: error instanceof Error ? error.stack : String(error) }, 'a decision broke')
      response.destroy()
    }
  }
}

function send(response: ServerResponse, answer: DecisionAnswer, form: DecisionForm): void {
  if (response.destroyed || response.headersSent) return
  const { status, headers, body } = httpAnswer(answer, form)
  response.writeHead(status, headers)
  response.end(body)
}

function discardContent(call: IncomingMessage, response: ServerResponse): void {
  let length = 0
  call.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > maxContentBytes) response.destroy()
  })
  call.on('error', () => response.destroy())
}
