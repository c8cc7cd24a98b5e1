import { hash } from 'node:crypto'
import { redact } from '../../redact.ts'
import type { Sink } from '../../sink.ts'
import { bytesOf, textOf, type Value } from '../values.ts'
import { type CallShape, type SeenCall, tellShape } from './call-shape.ts'
import { passwordWeights, tellPassword } from './keystore-use.ts'

/** What an argument is a secret for. A hint is only tried on keystores. */
export type SecretPurpose = 'key' | 'password' | 'login' | 'hint'

/** Shorter ones are no keys, and nothing to keep. */
const leastLength = 4

/** `new SecretKeySpec(key, "AES")`; what is derived from a password by PBE; what signs in to a server; and passwords of keystores. */
const secretArguments: readonly (Pick<CallShape, 'names' | 'owners'> & {
  readonly purpose: SecretPurpose
  /** Of the argument, with the object as 0. */
  readonly index: number
})[] = [
  { names: ['<init>'], owners: ['Ljavax/crypto/spec/SecretKeySpec;'], purpose: 'key', index: 1 },
  { names: ['<init>'], owners: ['Ljavax/crypto/spec/PBEKeySpec;'], purpose: 'password', index: 1 },
  {
    names: ['setPassword'],
    owners: [
      'Lorg/eclipse/paho/client/mqttv3/MqttConnectOptions;',
      'Lorg/eclipse/paho/mqttv5/client/MqttConnectionOptions;',
    ],
    purpose: 'login',
    index: 1,
  },
  { names: ['basic'], owners: ['Lokhttp3/Credentials;'], purpose: 'login', index: 1 },
  { names: ['<init>'], owners: ['Ljava/net/PasswordAuthentication;'], purpose: 'login', index: 2 },
  { names: ['load', 'getKey'], owners: ['Ljava/security/KeyStore;'], purpose: 'hint', index: 2 },
  {
    names: ['<init>'],
    owners: ['Ljava/security/KeyStore$PasswordProtection;'],
    purpose: 'hint',
    index: 1,
  },
  { names: ['init'], owners: ['Ljavax/net/ssl/KeyManagerFactory;'], purpose: 'hint', index: 2 },
]

/** Told once all of the DEX was read: fields, and what callers pass, are known by then. */
export const secretArgumentShapes: readonly CallShape[] = secretArguments.map(
  ({ purpose, index, ...where }) => ({
    ...where,
    look: (call) => call.later.take(call, index, purpose),
  }),
)

/** Says what a constant that reached such a call means. */
export function tellSecret(
  sink: Sink,
  value: Value,
  purpose: SecretPurpose,
  call: Pick<SeenCall, 'caller' | 'within' | 'path' | 'at'>,
  algorithm: string | undefined,
): void {
  const text = textOf(value)?.text
  if (purpose !== 'key') tellPassword(sink, text, passwordWeights.passedToKeystore)
  if (purpose === 'hint') return
  const bytes = value.kind === 'array' ? bytesOf(value) : undefined
  if ((bytes ?? text ?? '').length < leastLength) return
  const secret = bytes === undefined ? redact(text ?? '') : redactBytes(bytes)
  if (purpose === 'login') tellShape(sink, 'constant-login', call, secret)
  else if (purpose === 'password') tellShape(sink, 'constant-password', call, secret)
  else tellShape(sink, 'constant-key', call, `${algorithm ?? 'a cipher'}, ${secret}`)
}

function redactBytes(bytes: Buffer): string {
  return `${bytes.length} bytes, SHA-256 ${hash('sha256', bytes).slice(0, 8)}…`
}
