import { createHash, type KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { derBitString, derInteger, derNull, derOid, derSequence } from '../der/der-writer.ts'
import { readDer } from '../der/der-cursor.ts'
import { octetsOf } from '../der/der-value.ts'
import { tags } from '../der/tag.ts'
import { type KeyKind, keyKindOf } from '../key-kind.ts'
import type { KeyProvider, SigningKey } from '../signing-key.ts'
import { publicKeyFromSpki } from '../subject-public-key.ts'
import { ck, type Cryptoki, type Handle, type Template } from './cryptoki.ts'
import { TokenSessions, type TokenOptions } from './token-session.ts'

const p256 = derOid('1.2.840.10045.3.1.7')
const p384 = derOid('1.3.132.0.34')
const f4 = Buffer.from([1, 0, 1])

type Generator = { readonly mechanism: number; readonly template: Template }

const ec = (curve: Buffer): Generator => ({
  mechanism: ck.ecKeyPairGeneration,
  template: [{ type: ck.ecParameters, value: curve }],
})
const rsa = (bits: number): Generator => ({
  mechanism: ck.rsaKeyPairGeneration,
  template: [
    { type: ck.modulusBits, value: bits },
    { type: ck.publicExponent, value: f4 },
  ],
})
const generators: Readonly<Record<KeyKind, Generator>> = {
  'ec-p256': ec(p256),
  'ec-p384': ec(p384),
  'rsa-2048': rsa(2_048),
  'rsa-3072': rsa(3_072),
  'rsa-4096': rsa(4_096),
}

/**
 * Keys in a token of PKCS#11, made there, sensitive and not extractable, and known by their label.
 * Problems `hardware_token_unavailable`, `hardware_token_pin_refused`, `key_exists`, `key_missing`,
 * `key_extractable` of a key that could leave.
 */
export function pkcs11KeyProvider(options: TokenOptions): KeyProvider {
  const sessions = new TokenSessions(options)
  return {
    create: async (name, kind) => {
      const id = createHash('sha256').update(name).digest().subarray(0, 20)
      const common = [
        { type: ck.token, value: true },
        { type: ck.label, value: name },
        { type: ck.id, value: id },
      ]
      const { mechanism, template } = generators[kind]
      await sessions.use(async (cryptoki, session) => {
        if (find(cryptoki, session, ck.privateKey, name).length > 0) {
          throw new Problem('key_exists', { detail: `${name}, in the token ${options.token}` })
        }
        await cryptoki.C_GenerateKeyPairAsync(
          session,
          { mechanism },
          [...common, ...template, { type: ck.verify, value: true }],
          [
            ...common,
            { type: ck.private, value: true },
            { type: ck.sensitive, value: true },
            { type: ck.extractable, value: false },
            { type: ck.sign, value: true },
          ],
        )
      })
      return openKey(sessions, options, name)
    },
    open: (name) => openKey(sessions, options, name),
    list: () =>
      sessions.use((cryptoki, session) =>
        find(cryptoki, session, ck.privateKey)
          .map((key) => read(cryptoki, session, key, ck.label).toString('utf8'))
          .toSorted(),
      ),
  }
}

async function openKey(
  sessions: TokenSessions,
  { token }: TokenOptions,
  name: string,
): Promise<SigningKey> {
  const spki = await sessions.use((cryptoki, session) => {
    const key = only(find(cryptoki, session, ck.privateKey, name), name, token)
    if (read(cryptoki, session, key, ck.extractable).readUInt8(0) !== 0) {
      throw new Problem('key_extractable', { detail: `${name}, in the token ${token}` })
    }
    return readSpki(
      cryptoki,
      session,
      only(find(cryptoki, session, ck.publicKey, name), name, token),
    )
  })
  const publicKey = publicKeyFromSpki(spki)
  const keyKind = keyKindOf(publicKey)
  if (keyKind === undefined) {
    throw new Problem('key_file_malformed', {
      detail: `${name}: of no kind that signs certificates`,
    })
  }
  const sign = signerOf(publicKey, keyKind)
  // A handle is of one login: after a loss the key is looked for again.
  let known: { generation: number; key: Handle } | undefined
  return {
    keyKind,
    spki,
    publicKey,
    sign: (data) =>
      sessions.use((cryptoki, session) => {
        if (known?.generation !== sessions.generation) {
          const key = only(find(cryptoki, session, ck.privateKey, name), name, token)
          known = { generation: sessions.generation, key }
        }
        return sign(cryptoki, session, known.key, data)
      }),
  }
}

type Sign = (cryptoki: Cryptoki, session: Handle, key: Handle, data: Uint8Array) => Promise<Buffer>

function signerOf(publicKey: KeyObject, kind: KeyKind): Sign {
  if (publicKey.asymmetricKeyType === 'rsa') {
    const bytes = (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8
    return (cryptoki, session, key, data) => {
      cryptoki.C_SignInit(session, { mechanism: ck.sha256RsaPkcs }, key)
      return cryptoki.C_SignAsync(session, Buffer.from(data), Buffer.alloc(bytes))
    }
  }
  const [hash, width] = kind === 'ec-p384' ? (['sha384', 48] as const) : (['sha256', 32] as const)
  return async (cryptoki, session, key, data) => {
    const digest = createHash(hash).update(data).digest()
    cryptoki.C_SignInit(session, { mechanism: ck.ecdsa }, key)
    const raw = await cryptoki.C_SignAsync(session, digest, Buffer.alloc(2 * width))
    // r and s side by side (PKCS#11 §2.3.1), as ECDSA-Sig-Value.
    return derSequence(derInteger(raw.subarray(0, width)), derInteger(raw.subarray(width)))
  }
}

function readSpki(cryptoki: Cryptoki, session: Handle, key: Handle): Buffer {
  const keyType = read(cryptoki, session, key, ck.keyType).readUInt8(0)
  if (keyType === 0) {
    const modulus = read(cryptoki, session, key, ck.modulus)
    const exponent = read(cryptoki, session, key, ck.publicExponent)
    const algorithm = derSequence(derOid('1.2.840.113549.1.1.1'), derNull())
    return derSequence(
      algorithm,
      derBitString(derSequence(derInteger(modulus), derInteger(exponent))),
    )
  }
  const curve = read(cryptoki, session, key, ck.ecParameters)
  // CKA_EC_POINT is the point within an OCTET STRING.
  const point = octetsOf(readDer(read(cryptoki, session, key, ck.ecPoint)).next(tags.octetString))
  return derSequence(derSequence(derOid('1.2.840.10045.2.1'), curve), derBitString(point))
}

function read(cryptoki: Cryptoki, session: Handle, object: Handle, type: number): Buffer {
  const [attribute] = cryptoki.C_GetAttributeValue(session, object, [{ type }])
  return Buffer.from(attribute?.value ?? [])
}

function find(cryptoki: Cryptoki, session: Handle, kind: number, label?: string): Handle[] {
  const named = label === undefined ? [] : [{ type: ck.label, value: label }]
  cryptoki.C_FindObjectsInit(session, [
    { type: ck.class, value: kind },
    { type: ck.token, value: true },
    ...named,
  ])
  try {
    const found: Handle[] = []
    for (;;) {
      const some = cryptoki.C_FindObjects(session, 100)
      found.push(...some)
      if (some.length < 100) return found
    }
  } finally {
    cryptoki.C_FindObjectsFinal(session)
  }
}

function only(handles: readonly Handle[], name: string, token: string): Handle {
  const [handle, second] = handles
  if (handle !== undefined && second === undefined) return handle
  throw new Problem('key_missing', {
    detail: `the key ${name} in the token ${token}`,
    expected: 'one key of this label',
    found: String(handles.length),
  })
}
