import Type from 'typebox'
import { maxReportedAssertionKeys } from './assertion-keys.ts'
import { maxFeedKeySets } from './feed-messages.ts'
import { issuerKinds } from './issuer-kind.ts'

const Milliseconds = Type.Integer({ minimum: 0 })

/** A CA of this deployment that issues device certificates. */
export const TrustedIssuer = Type.Object({
  /** DER, base64url. */
  certificate: Type.String({ maxLength: 8_192 }),
  kind: Type.Enum([...issuerKinds]),
  trustDomain: Type.String({ maxLength: 255 }),
  /** Certificates of this issuer are refused unless their URI names this app. */
  appId: Type.String({ maxLength: 63 }),
  /** `issued`: of its certificates those alone are believed that the feed says were issued. */
  status: Type.Optional(Type.Enum(['issued'])),
})
export type TrustedIssuer = Type.Static<typeof TrustedIssuer>

/**
 * One row of the feed.
 *
 * `key`: of a certificate its SHA-256 thumbprint (base64url), of a device its id, of an issuer the
 * SHA-256 of its DER SubjectPublicKeyInfo (base64url), of `deviceTokens` the id of the device, of a token
 * the SHA-256 of `issuedBase` or `tokenBase`, of a subject and a session that of `issuedBase`, of a lift
 * whose blocks and counters end before their time (`liftKey`), of a gateway its name.
 *
 * `until`: when the row may be forgotten.
 */
export const Change = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  at: Milliseconds,
  kind: Type.String({ maxLength: 40 }),
  key: Type.String({ maxLength: 200 }),
  status: Type.String({ maxLength: 40 }),
  until: Type.Optional(Milliseconds),
  /** Of kinds `subject` and `deviceTokens`: tokens issued at or before it are ended. Without it: all are. */
  issuedUntil: Type.Optional(Milliseconds),
  /** Of kind `issuer` and status `active`: the issuer itself. */
  issuer: Type.Optional(TrustedIssuer),
})
export type Change = Type.Static<typeof Change>

/** GET /gateway/v1/feed-keys: the key sets after a number, oldest first, each a compact JWS. */
export const FeedKeySets = Type.Object({
  sets: Type.Array(Type.String({ maxLength: 16_384 }), { maxItems: maxFeedKeySets }),
})
export type FeedKeySets = Type.Static<typeof FeedKeySets>

/** What one gateway did about one change. */
export const AppliedChange = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  /** From the change's `at` to its being in force in every worker, by the gateway's clock. */
  appliedAfterMs: Type.Integer(),
  ended: Type.Object({
    http1: Type.Integer({ minimum: 0 }),
    http2: Type.Integer({ minimum: 0 }),
    webSocket: Type.Integer({ minimum: 0 }),
  }),
})
export type AppliedChange = Type.Static<typeof AppliedChange>

/** Why a rule of the access stage did not allow a request. */
export const RuleMiss = Type.Object({
  rule: Type.String({ maxLength: 80 }),
  check: Type.String({ maxLength: 100 }),
  expected: Type.String({ maxLength: 200 }),
  found: Type.String({ maxLength: 200 }),
})
export type RuleMiss = Type.Static<typeof RuleMiss>

/** What one stage found. `expected`, `found` are for the operator alone. */
export const StageTrace = Type.Object({
  stage: Type.String({ maxLength: 40 }),
  mode: Type.Enum(['enforce', 'shadow', 'off']),
  verdict: Type.Enum(['pass', 'refuse', 'skip']),
  code: Type.Optional(Type.String({ maxLength: 80 })),
  /** Which check of the stage. */
  check: Type.Optional(Type.String({ maxLength: 80 })),
  expected: Type.Optional(Type.String({ maxLength: 500 })),
  found: Type.Optional(Type.String({ maxLength: 500 })),
  /** Of the stage access: each rule, and why not. */
  rules: Type.Optional(Type.Array(RuleMiss, { maxItems: 20 })),
})
export type StageTrace = Type.Static<typeof StageTrace>

/** A decision of interest: every refusal, and what a stage in shadow mode would have refused. */
export const DecisionRecord = Type.Object({
  requestId: Type.String({ maxLength: 80 }),
  at: Milliseconds,
  address: Type.String({ maxLength: 60 }),
  host: Type.String({ maxLength: 255 }),
  method: Type.String({ maxLength: 40 }),
  /** Without the query, which may carry secrets. */
  path: Type.String({ maxLength: 1_000 }),
  route: Type.Optional(Type.String({ maxLength: 200 })),
  status: Type.Integer(),
  code: Type.Optional(Type.String({ maxLength: 80 })),
  /** The rule of the access stage that allowed it. */
  rule: Type.Optional(Type.String({ maxLength: 80 })),
  deviceId: Type.Optional(Type.String({ maxLength: 80 })),
  appId: Type.Optional(Type.String({ maxLength: 63 })),
  /** SHA-256 of the certificate, base64url. */
  thumbprint: Type.Optional(Type.String({ maxLength: 43 })),
  /** Whose access token: the name of the provider, `:`, and 128 bits of a hash of issuer and subject. */
  user: Type.Optional(Type.String({ maxLength: 100 })),
  stages: Type.Array(StageTrace, { maxItems: 20 }),
})
export type DecisionRecord = Type.Static<typeof DecisionRecord>

/** A handshake that failed. */
export const HandshakeRecord = Type.Object({
  at: Milliseconds,
  address: Type.String({ maxLength: 60 }),
  serverName: Type.Optional(Type.String({ maxLength: 255 })),
  clientCertificate: Type.Optional(Type.Enum(['require', 'explain', 'optional', 'off'])),
  code: Type.String({ maxLength: 80 }),
  expected: Type.Optional(Type.String({ maxLength: 500 })),
  found: Type.Optional(Type.String({ maxLength: 500 })),
  thumbprint: Type.Optional(Type.String({ maxLength: 43 })),
})
export type HandshakeRecord = Type.Static<typeof HandshakeRecord>

/**
 * A stage was made laxer on the gateway's own host, for a while, or is as configured again. `route` is
 * `all`, or the name of a route.
 */
export const BreakGlassEvent = Type.Object({
  id: Type.String({ maxLength: 40 }),
  event: Type.Enum(['began', 'ended']),
  at: Milliseconds,
  until: Milliseconds,
  route: Type.String({ maxLength: 1_100 }),
  stage: Type.String({ maxLength: 40 }),
  mode: Type.Enum(['shadow', 'off']),
  reason: Type.String({ maxLength: 500 }),
  /** The account of the operating system. */
  by: Type.String({ maxLength: 100 }),
})
export type BreakGlassEvent = Type.Static<typeof BreakGlassEvent>

/** An address or network that a gateway does not serve for a while, and what for. */
export const HeldBlock = Type.Object({
  network: Type.String({ maxLength: 49 }),
  until: Milliseconds,
  why: Type.String({ maxLength: 40 }),
})
export type HeldBlock = Type.Static<typeof HeldBlock>

/**
 * What one stage would have refused, of one route and version of an app, since the report before. `stage`
 * and `code` are empty where it counts all requests of the route, to measure the others by.
 */
export const ShadowCount = Type.Object({
  host: Type.String({ maxLength: 255 }),
  route: Type.String({ maxLength: 1_100 }),
  stage: Type.String({ maxLength: 40 }),
  code: Type.String({ maxLength: 80 }),
  /** These three are empty where no device is known. */
  appId: Type.String({ maxLength: 63 }),
  platform: Type.String({ maxLength: 40 }),
  appVersion: Type.String({ maxLength: 64 }),
  requests: Type.Integer({ minimum: 1 }),
  /** A sketch of which devices, 256 bytes in base64url: see `device-sketch.ts`. */
  devices: Type.String({ pattern: '^[A-Za-z0-9_-]+$', minLength: 342, maxLength: 342 }),
})
export type ShadowCount = Type.Static<typeof ShadowCount>

/** What a gateway goes on refusing because another epoch said so, and this one has said nothing of it. */
export const UnconfirmedStatus = Type.Object({
  kind: Type.String({ maxLength: 40 }),
  key: Type.String({ maxLength: 200 }),
  status: Type.String({ maxLength: 40 }),
  until: Milliseconds,
  issuedUntil: Type.Optional(Milliseconds),
})
export type UnconfirmedStatus = Type.Static<typeof UnconfirmedStatus>

const Coordinate = Type.String({ maxLength: 43, pattern: '^[A-Za-z0-9_-]{43}$' })

/** The public half of a P-256 key that a gateway signs assertions with, or will. Base64url. */
export const ReportedAssertionKey = Type.Object(
  { x: Coordinate, y: Coordinate },
  { additionalProperties: false },
)
export type ReportedAssertionKey = Type.Static<typeof ReportedAssertionKey>

/** POST /gateway/v1/reports: at once after a change was applied, otherwise every heartbeat. */
export const Report = Type.Object(
  {
    /** A new one at each start of the gateway. */
    instance: Type.String({ maxLength: 40 }),
    version: Type.String({ maxLength: 40 }),
    epoch: Type.String({ maxLength: 40 }),
    /** The last sequence number applied. */
    seq: Type.Integer({ minimum: 0 }),
    applied: Type.Array(AppliedChange, { maxItems: 1_000 }),
    decisions: Type.Array(DecisionRecord, { maxItems: 1_000 }),
    handshakes: Type.Array(HandshakeRecord, { maxItems: 1_000 }),
    /**
     * SHA-256, base64url, of certificates with predecessors that were first used at this gateway since
     * the last report: what tells the authority that a renewal reached its device.
     */
    used: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 43 }), { maxItems: 1_000 }),
    ),
    /** A batch that is sent again, for want of an answer, has the same number. They rise by one. */
    shadow: Type.Optional(
      Type.Object({
        batch: Type.Integer({ minimum: 1 }),
        counts: Type.Array(ShadowCount, { maxItems: 1_000 }),
      }),
    ),
    breakGlass: Type.Optional(Type.Array(BreakGlassEvent, { maxItems: 1_000 })),
    /** The temporary blocks of addresses that hold; without it they are as in the report before. */
    blocks: Type.Optional(Type.Array(HeldBlock, { maxItems: 1_000 })),
    /** Some of what is unconfirmed, and how much there is of it; without it nothing is new. */
    unconfirmed: Type.Optional(
      Type.Object({
        total: Type.Integer({ minimum: 0 }),
        statuses: Type.Array(UnconfirmedStatus, { maxItems: 500 }),
      }),
    ),
    /**
     * All keys that services are to believe of this gateway: when they change, and every minute. Without it they
     * are as in the report before.
     */
    assertionKeys: Type.Optional(
      Type.Array(ReportedAssertionKey, { maxItems: maxReportedAssertionKeys }),
    ),
    /** What the gateway is, where it is not Sallyport's own: `haproxy-agent`. */
    role: Type.Optional(Type.Enum(['haproxy-agent'])),
    /** Records that were dropped because more came than a report takes. */
    dropped: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
)
export type Report = Type.Static<typeof Report>
