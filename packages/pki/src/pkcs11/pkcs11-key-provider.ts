import { createHash, type KeyObject } from 'node:crypto'
import { Problem } from '@sallyport/problem'
import { derBitString, derInteger, derNull, derOid, derSequence } from '../der/der-writer.ts'
import type { KeyTransport } from '../cms/key-transport.ts'
import { readDer } from '../der/der-cursor.ts'
import { octetsOf } from '../der/der-value.ts'
import { tags } from '../der/tag.ts'
import { type KeyKind, keyKindOf } from '../key-kind.ts'
import type { KeyProvider, SigningKey, UnwrapKey } from '../signing-key.ts'
import { publicKeyFromSpki } from '../subject-public-key.ts'
import {
  ck,
  type Cryptoki,
  cryptokiCode,
  goneCodes,
  type Handle,
  type Mechanism,
  oaepHashes,
  type Template,
} from './cryptoki.ts'
import { TokenAbsent, TokenSessions, type TokenOptions } from './token-session.ts'

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
  const opened = new Set<string>()
  const open = async (name: string): Promise<SigningKey> => {
    const key = await openKey(sessions, { ...options, opened }, name)
    opened.add(name)
    return key
  }
  const create = async (name: string, kind: KeyKind, unwraps: boolean): Promise<SigningKey> => {
    await sessions.use(async (cryptoki, session) => {
      if (find(cryptoki, session, ck.privateKey, name).length > 0) {
        throw new Problem('key_exists', { detail: `${name}, in the token ${options.token}` })
      }
      await generate(cryptoki, session, { name, kind, unwraps })
    })
    return open(name)
  }
  return {
    create: (name, kind) => create(name, kind, false),
    createUnwrapping: (name, kind) => create(name, kind, true),
    open,
    list: () =>
      sessions.use((cryptoki, session) =>
        find(cryptoki, session, ck.privateKey)
          .map((key) => read(cryptoki, session, key, ck.label).toString('utf8'))
          .toSorted(),
      ),
  }
}

/** Makes a key pair that does what it is for, and nothing else: what is left out is for the token to choose. */
async function generate(
  cryptoki: Cryptoki,
  session: Handle,
  { name, kind, unwraps }: { name: string; kind: KeyKind; unwraps: boolean },
): Promise<void> {
  const common = [
    { type: ck.token, value: true },
    { type: ck.label, value: name },
    { type: ck.id, value: createHash('sha256').update(name).digest().subarray(0, 20) },
  ]
  const { mechanism, template } = generators[kind]
  const { publicUses, privateUses } = usesOf(kind, unwraps)
  await cryptoki.C_GenerateKeyPairAsync(
    session,
    { mechanism },
    [...common, ...template, { type: ck.verify, value: true }, ...publicUses],
    [
      ...common,
      { type: ck.private, value: true },
      { type: ck.sensitive, value: true },
      { type: ck.extractable, value: false },
      { type: ck.sign, value: true },
      ...privateUses,
    ],
  )
}

/** A key that derives or unwraps could bring what it protects within reach of whoever has the PIN. */
function usesOf(kind: KeyKind, unwraps: boolean): { publicUses: Template; privateUses: Template } {
  if (!kind.startsWith('rsa-')) {
    return { publicUses: [], privateUses: [{ type: ck.derive, value: false }] }
  }
  return {
    publicUses: [{ type: ck.encrypt, value: unwraps }],
    privateUses: [
      { type: ck.decrypt, value: unwraps },
      { type: ck.unwrap, value: false },
    ],
  }
}

async function openKey(
  sessions: TokenSessions,
  { token, opened }: TokenOptions & { opened: ReadonlySet<string> },
  name: string,
): Promise<SigningKey> {
  const only = (handles: readonly Handle[]) => onlyOf(handles, { name, token, opened })
  const { spki, decrypts } = await sessions.use((cryptoki, session) => {
    const key = only(find(cryptoki, session, ck.privateKey, name))
    const is = (type: number) => read(cryptoki, session, key, type).readUInt8(0) !== 0
    if (is(ck.extractable) || !is(ck.sensitive)) {
      throw new Problem('key_extractable', { detail: `${name}, in the token ${token}` })
    }
    const publicHandle = only(find(cryptoki, session, ck.publicKey, name))
    return { spki: readSpki(cryptoki, session, publicHandle), decrypts: is(ck.decrypt) }
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
  const keyOf = (cryptoki: Cryptoki, session: Handle): Handle => {
    if (known?.generation !== sessions.generation) {
      const key = only(find(cryptoki, session, ck.privateKey, name))
      known = { generation: sessions.generation, key }
    }
    return known.key
  }
  const modulusBytes = (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  // Of another length it is nothing that this key decrypts (RFC 8017 §7.2.2), and no token is asked.
  const unwrap: UnwrapKey = async (encryptedKey, transport) =>
    encryptedKey.length === modulusBytes
      ? sessions.use((cryptoki, session) =>
          decrypt(cryptoki, session, { key: keyOf(cryptoki, session), encryptedKey, transport }),
        )
      : undefined
  return {
    keyKind,
    spki,
    publicKey,
    sign: (data) =>
      sessions.use((cryptoki, session) => sign(cryptoki, session, keyOf(cryptoki, session), data)),
    ...(decrypts && keyKind.startsWith('rsa-') ? { unwrap } : {}),
  }
}

/**
 * What a token says of bytes that it does not decrypt differs from one to the next: all of it is one answer, but
 * that the token is gone, which no bytes bring about.
 */
async function decrypt(
  cryptoki: Cryptoki,
  session: Handle,
  asked: { key: Handle; encryptedKey: Buffer; transport: KeyTransport },
): Promise<Buffer | undefined> {
  const { key, encryptedKey, transport } = asked
  try {
    cryptoki.C_DecryptInit(session, mechanismOf(transport), key)
    return await cryptoki.C_DecryptAsync(session, encryptedKey, Buffer.alloc(encryptedKey.length))
  } catch (error) {
    const code = cryptokiCode(error)
    if (code === undefined || goneCodes.has(code)) throw error
    return undefined
  }
}

function mechanismOf(transport: KeyTransport): Mechanism {
  if (transport.name === 'rsaes-pkcs1-v1_5') return { mechanism: ck.rsaPkcs }
  const { hash, mask } = oaepHashes[transport.hash]
  const parameter = { type: ck.oaepParameters, hashAlg: hash, mgf: mask, source: ck.dataSpecified }
  return { mechanism: ck.rsaPkcsOaep, parameter }
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

function onlyOf(
  handles: readonly Handle[],
  { name, token, opened }: { name: string; token: string; opened: ReadonlySet<string> },
): Handle {
  const [handle, second] = handles
  if (handle !== undefined && second === undefined) return handle
  if (handle === undefined && opened.has(name)) {
    // Modules that had a token say that it is empty, once it is away.
    throw new TokenAbsent('hardware_token_unavailable', {
      detail: `the token ${token}`,
      expected: `the key ${name}, which was in it before`,
      found: 'no such key: it was taken out, or the key was deleted',
    })
  }
  throw new Problem('key_missing', {
    detail: `the key ${name} in the token ${token}`,
    expected: 'one key of this label',
    found: String(handles.length),
  })
}
