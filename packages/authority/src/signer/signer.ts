import { appIdPattern, assurances, issuerKinds, platforms } from '@sallyport/wire'
import Type, { type Static, type TSchema } from 'typebox'
import { jwsPurposes, lanePattern } from './key-names.ts'

const closed = { additionalProperties: false }
const Bytes = (most: number) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: Math.ceil((most * 4) / 3) })
const Time = Type.Integer({ minimum: 0 })
const Certificate = Bytes(8_192)
const Spki = Bytes(2_048)
const KeyName = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,99}$' })
const Generation = Type.Integer({ minimum: 1, maximum: 999_999 })

/** A CA by its key, whose name says what it is for, and its certificate. */
const CaReference = Type.Object({ keyName: KeyName, certificate: Certificate }, closed)
export type CaReference = Static<typeof CaReference>

const IssuerScope = {
  kind: Type.Enum([...issuerKinds]),
  appId: Type.String({ pattern: appIdPattern }),
  lane: Type.String({ pattern: lanePattern }),
}

const DeviceFacts = Type.Object(
  {
    platform: Type.Enum([...platforms]),
    appVersion: Type.String({ maxLength: 40 }),
    osPatchLevel: Type.Optional(Type.String({ maxLength: 40 })),
    appraisedAt: Time,
    enrolledAt: Type.Optional(Time),
  },
  closed,
)

/** Plain HTTP: what is fetched is signed, and whoever verifies TLS would ask for its status again. */
const Addresses = Type.Array(Type.String({ pattern: '^http://[\\x21-\\x7e]{1,1000}$' }), {
  maxItems: 16,
})

const Published = Type.Object(
  { certificateLists: Addresses, ocsp: Addresses, issuerCertificates: Addresses },
  closed,
)

const Head = Type.Object(
  {
    name: Type.String({ maxLength: 100 }),
    seq: Type.Integer({ minimum: 0 }),
    hash: Type.String({ maxLength: 100 }),
  },
  closed,
)

const RevocationList = Type.Object(
  {
    issuer: CaReference,
    number: Type.Integer({ minimum: 1 }),
    thisUpdate: Time,
    nextUpdate: Time,
    /** What `encodeRevoked` made. */
    entries: Type.String({ pattern: '^[A-Za-z0-9_-]*$' }),
    scope: Type.Optional(
      Type.Object({ addresses: Addresses, onlyUserCertificates: Type.Boolean() }, closed),
    ),
  },
  closed,
)

/** PKCSReq and RenewalReq, CertPoll, GetCert, GetCRL (RFC 8894 §3.2.1.2). */
export const scepRequestTypes = ['19', '17', '20', '21', '22'] as const

/** The ciphers that an answer can be encrypted with: that of the request, where it is one of them. */
const scepCiphers = ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc'] as const

/** What a CertRep says (RFC 8894 §3.2.1). */
const ScepReply = {
  transactionId: Type.String({ minLength: 1, maxLength: 256 }),
  recipientNonce: Bytes(64),
  /** Encrypted to the recipient: certificates or a revocation list. Absent: `failInfo`, or pending. */
  enclosed: Type.Optional(
    Type.Object(
      {
        recipient: Certificate,
        cipher: Type.Enum([...scepCiphers]),
        certificates: Type.Array(Certificate, { maxItems: 4 }),
        list: Type.Optional(Bytes(1_048_576)),
      },
      closed,
    ),
  ),
  failInfo: Type.Optional(Type.Integer({ minimum: 0, maximum: 4 })),
  failInfoText: Type.Optional(Type.String({ maxLength: 200 })),
}

const jws = Type.Object({ jws: Type.String() }, closed)

/** What is asked and answered, of one operation. `maxBytes`: of the question, as JSON. */
type Operation = {
  readonly input: TSchema
  readonly output: TSchema
  readonly maxBytes: number
}

const small = 16_384

/**
 * Everything that a signer does. It is asked with profiles and public keys, builds what is signed itself,
 * and answers finished objects. Binary members are base64url of DER, times are milliseconds.
 */
export const signerOperations = {
  /** Has a signer that is another process read its configuration again, from its own file. */
  reload: {
    input: Type.Object({}, closed),
    output: Type.Object({}, closed),
    maxBytes: small,
  },
  /** The key of a root and its certificate, made where the key is not there. */
  root: {
    input: Type.Object({ kind: Type.Enum(['device', 'service', 'development']) }, closed),
    output: CaReference,
    maxBytes: small,
  },
  /** A new issuing CA with a new key, by a root whose key is there. `key_missing` where it is not. */
  issuingCa: {
    input: Type.Object({ ...IssuerScope, generation: Generation, root: CaReference }, closed),
    output: CaReference,
    maxBytes: small,
  },
  /** A new key of an issuing CA, and the request (PKCS#10) that its root is to issue it by. */
  issuingCaRequest: {
    input: Type.Object({ ...IssuerScope, generation: Generation }, closed),
    output: Type.Object({ keyName: KeyName, request: Certificate }, closed),
    maxBytes: small,
  },
  /** Whether the key of a CA is there, and is that of its certificate. */
  holdsIssuer: {
    input: Type.Object({ issuer: CaReference }, closed),
    output: Type.Object({ held: Type.Boolean() }, closed),
    maxBytes: small,
  },
  /** The certificate of a device. Names, policies and dates are of the issuer and the configuration. */
  deviceCertificate: {
    input: Type.Object(
      {
        issuer: CaReference,
        spki: Spki,
        deviceId: Type.String({ maxLength: 80 }),
        assurance: Type.Enum([...assurances]),
        facts: Type.Optional(DeviceFacts),
        predecessors: Type.Array(Type.String({ maxLength: 43 }), { maxItems: 4 }),
        /** Where its status is published. */
        published: Type.Optional(Published),
        /** Earlier than the profile of the app has it. */
        notAfter: Type.Optional(Time),
      },
      closed,
    ),
    output: Type.Object({ certificate: Certificate }, closed),
    maxBytes: small,
  },
  /** A list of revoked certificates of one issuer. */
  revocationList: {
    input: RevocationList,
    output: Type.Object({ list: Type.String() }, closed),
    maxBytes: 128 * 1024 * 1024,
  },
  /** A list of the issuing CAs that a root revoked. `key_missing` where its key is elsewhere. */
  rootRevocationList: {
    input: RevocationList,
    output: Type.Object({ list: Type.String() }, closed),
    maxBytes: 1024 * 1024,
  },
  /** The certificate of a key that answers OCSP requests for an issuer: of at most a week. */
  responderCertificate: {
    input: Type.Object({ issuer: CaReference, spki: Spki }, closed),
    output: Type.Object({ certificate: Certificate }, closed),
    maxBytes: small,
  },
  /** A server's certificate under the service root, for names that the configuration allows. */
  serverCertificate: {
    input: Type.Object(
      {
        root: CaReference,
        spki: Spki,
        names: Type.Array(Type.String({ maxLength: 255 }), { minItems: 1, maxItems: 100 }),
        days: Type.Integer({ minimum: 1, maximum: 398 }),
        /** Where its status is published. */
        published: Type.Optional(Published),
      },
      closed,
    ),
    output: Type.Object({ certificate: Certificate }, closed),
    maxBytes: 65_536,
  },
  /** What a gateway dials its authority with. */
  gatewayCertificate: {
    input: Type.Object(
      {
        root: CaReference,
        spki: Spki,
        name: Type.String({ maxLength: 63 }),
        days: Type.Integer({ minimum: 1, maximum: 398 }),
      },
      closed,
    ),
    output: Type.Object({ certificate: Certificate }, closed),
    maxBytes: small,
  },
  /** The public half of a key for JWS, made where it is not there. */
  jwsKey: {
    input: Type.Object({ purpose: Type.Enum([...jwsPurposes]), generation: Generation }, closed),
    output: Type.Object({ keyName: KeyName, spki: Spki }, closed),
    maxBytes: small,
  },
  /** The public half of a key that is there. `key_missing` where it is not. */
  publicKey: {
    input: Type.Object({ keyName: KeyName }, closed),
    output: Type.Object({ spki: Spki }, closed),
    maxBytes: small,
  },
  /** An access token (RFC 9068), bound to a device. */
  token: {
    input: Type.Object(
      { keyName: KeyName, claims: Type.Record(Type.String(), Type.Unknown()) },
      closed,
    ),
    output: jws,
    maxBytes: 262_144,
  },
  /** A message of the feed: JSON text, an object. */
  feed: {
    input: Type.Object({ keyName: KeyName, payload: Type.String() }, closed),
    output: jws,
    maxBytes: 4 * 1024 * 1024,
  },
  /** The ends of the audit chains at a time. */
  checkpoint: {
    input: Type.Object(
      { keyName: KeyName, at: Time, heads: Type.Array(Head, { minItems: 1, maxItems: 1_000 }) },
      closed,
    ),
    output: jws,
    maxBytes: 262_144,
  },
  /** What users are stored as. The key is made where it is not there, and that may be. */
  userNames: {
    input: Type.Object(
      {
        users: Type.Array(
          Type.Object(
            {
              provider: Type.String({ maxLength: 255 }),
              subject: Type.String({ maxLength: 4_096 }),
            },
            closed,
          ),
          { minItems: 1, maxItems: 500 },
        ),
        mayCreate: Type.Boolean(),
      },
      closed,
    ),
    output: Type.Object({ names: Type.Array(Type.String()) }, closed),
    maxBytes: 16 * 1024 * 1024,
  },
  /** The RSA key of a registration authority of SCEP, and its certificate by a CA of an app that has SCEP. */
  scepRa: {
    input: Type.Object({ issuer: CaReference, generation: Generation }, closed),
    output: CaReference,
    maxBytes: small,
  },
  /** What is in the envelope of a SCEP request, where it is what a request of this type has. */
  scepContent: {
    input: Type.Object(
      { ra: CaReference, messageType: Type.Enum([...scepRequestTypes]), envelope: Bytes(65_536) },
      closed,
    ),
    output: Type.Object({ content: Bytes(65_536) }, closed),
    maxBytes: 131_072,
  },
  /** The CA that follows in a lane, signed by the registration authority of the one that issues now. */
  scepNextCa: {
    input: Type.Object({ ra: CaReference, next: CaReference }, closed),
    output: Type.Object({ message: Type.String() }, closed),
    maxBytes: 65_536,
  },
  /** A CertRep of SCEP, signed by a registration authority. */
  scepReply: {
    input: Type.Object({ ra: CaReference, ...ScepReply }, closed),
    output: Type.Object({ message: Type.String() }, closed),
    maxBytes: 2 * 1024 * 1024,
  },
} as const satisfies Record<string, Operation>

export type SignerOperation = keyof typeof signerOperations
export type SignerInput<K extends SignerOperation> = Static<(typeof signerOperations)[K]['input']>
export type SignerOutput<K extends SignerOperation> = Static<(typeof signerOperations)[K]['output']>

/**
 * Who holds the keys of the CAs: a process of its own, or this one. Each operation throws Problem
 * `signer_refused` where it asks for more than the signer's configuration allows, `key_missing` where the
 * key is not there, and `signer_unavailable` where nobody answers.
 */
export type Signer = {
  readonly [K in SignerOperation]: (input: SignerInput<K>) => Promise<SignerOutput<K>>
}
