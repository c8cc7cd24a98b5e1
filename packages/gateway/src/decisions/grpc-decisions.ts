import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import {
  canonicalFieldName,
  isIdentityField,
  isOverrideField,
} from '../forward/request-field-rules.ts'
import type { Log } from '../log/log.ts'
import type { CallCounters } from './call-counters.ts'
import type { Decider, DecisionAnswer, Question } from './decider.ts'
import { type DecisionPeer, namesOf, socketPeer } from './decision-peer.ts'
import type { DecisionCallerPlan } from './decisions-plan.ts'
import {
  askedRequest,
  type CheckRequest,
  type CheckResponse,
  checkResponse,
} from './grpc-messages.ts'

export type GrpcDecisions = {
  /** Takes a connection that speaks HTTP/2. */
  readonly accept: (socket: Duplex, isTls: boolean) => void
  readonly close: () => void
}

export type GrpcDecisionsOptions = {
  readonly decider: Decider
  readonly counters: CallCounters
  readonly callersOf: (peer: DecisionPeer) => readonly DecisionCallerPlan[]
  readonly log: Log
}

const protoFile = fileURLToPath(new URL('../../../proto/authorization.proto', import.meta.url))
/** The fields of a client, and its certificate as escaped PEM. Content of requests is not asked for. */
const maxMessageBytes = 256 * 1024
const maxStreams = 1_000

/**
 * Answers Envoy's external authorization over gRPC. The libraries are loaded here, since only some
 * configurations need them.
 */
export async function grpcDecisions(options: GrpcDecisionsOptions): Promise<GrpcDecisions> {
  const [grpc, { loadSync }] = await Promise.all([
    import('@grpc/grpc-js'),
    import('@grpc/proto-loader'),
  ])
  const service = loadSync(protoFile)['envoy.service.auth.v3.Authorization']
  if (service === undefined || 'format' in service) throw new TypeError(`${protoFile}: no service`)
  const credentials = grpc.ServerCredentials.createInsecure()
  const injectorFor = (peerOf: (call: Call) => DecisionPeer) => {
    const server = new grpc.Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      'grpc.max_concurrent_streams': maxStreams,
      'grpc.enable_channelz': 0,
    })
    server.addService(service, {
      Check: (call: Call, done: sendUnaryData<CheckResponse>) => {
        try {
          check(options, call.request, peerOf(call), (answer, removed) =>
            done(null, checkResponse(answer, removed)),
          )
        } catch (error) {
          const said = error instanceof Error ? error.stack : String(error)
          options.log.error({ error: said }, 'a decision broke')
          done({ code: grpc.status.INTERNAL })
        }
      },
    })
    return server.createConnectionInjector(credentials)
  }
  const raw = injectorFor(() => socketPeer)
  const secured = injectorFor(certifiedPeer)
  return {
    accept: (socket, isTls) => (isTls ? secured : raw).injectConnection(socket),
    close: () => {
      raw.destroy()
      secured.destroy()
    },
  }
}

type Call = ServerUnaryCall<CheckRequest, CheckResponse>

// TLS is ours, and so is the check of the peer: the library sees a connection that was let in.
function certifiedPeer(call: Call): DecisionPeer {
  const { sslPeerCertificate } = call.getAuthContext()
  return { names: namesOf(sslPeerCertificate?.subjectaltname) }
}

function check(
  { decider, counters, callersOf, log }: GrpcDecisionsOptions,
  message: CheckRequest,
  peer: DecisionPeer,
  tell: (answer: DecisionAnswer, removed: readonly string[]) => void,
): void {
  const said = message.attributes?.contextExtensions ?? {}
  const callers = callersOf(peer).filter(({ form }) => form === 'envoy')
  const named = said['caller']
  const caller =
    named === undefined && callers.length === 1
      ? callers[0]
      : callers.find(({ name }) => name === named)
  const request = caller === undefined ? { bad: 'no such caller here' } : askedRequest(message)
  const host = said['host']
  const bad = 'bad' in request ? request.bad : host === undefined ? 'no host' : undefined
  if (caller === undefined || host === undefined || 'bad' in request) {
    counters.count(caller?.name ?? '', 'bad_call')
    log.warn({ caller: caller?.name, found: bad }, 'a call for a decision was refused')
    tell(decider.refuseCall(bad ?? ''), [])
    return
  }
  const question: Question = { caller, host, request }
  decider.decide(question, (answer) => {
    counters.count(caller.name, answer.isAllowed ? 'allowed' : 'refused')
    tell(answer, answer.isAllowed ? taken(request.rawHeaders, answer.isWithheld) : [])
  })
}

/** What Envoy writes itself, and says truly. */
const ofEnvoy: ReadonlySet<string> = new Set(['x-forwarded-for', 'x-forwarded-proto'])

/** Fields of the client that claim what only the gateway may say, or are not for the service: Envoy takes them off. */
function taken(rawHeaders: readonly string[], isWithheld: DecisionAnswer['isWithheld']): string[] {
  const names: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    const canonical = canonicalFieldName(name)
    if (ofEnvoy.has(name)) continue
    if (isIdentityField(canonical) || isOverrideField(canonical) || isWithheld(name)) {
      names.push(name)
    }
  }
  return names
}
