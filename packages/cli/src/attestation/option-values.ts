import { bareDigest, decodeAnyBase64, digestPattern } from '@sallyport/attestation'
import { Problem } from '@sallyport/problem'

const encodings: Readonly<Record<string, (text: string) => Buffer | undefined>> = {
  hex: (text) =>
    /^(?:[0-9a-f]{2})+$/i.test(withoutColons(text))
      ? Buffer.from(withoutColons(text), 'hex')
      : undefined,
  text: (text) => Buffer.from(text, 'utf8'),
  base64: decodeAnyBase64,
}

/** Bytes as `hex:…`, `text:…` or `base64:…` say them. @throws Problem `command_usage` */
export function parseBytes(text: string, flag: string): Buffer {
  const [, name = '', value = ''] = /^([a-z0-9]+):(.*)$/s.exec(text) ?? []
  const decode = Object.hasOwn(encodings, name) ? encodings[name] : undefined
  const bytes = decode?.(value)
  if (bytes !== undefined) return bytes
  throw usage(`${flag} is not bytes`, 'hex:…, text:… or base64:…', text)
}

const digestForm = new RegExp(digestPattern)

/** SHA-256 as 64 hex digits, colons allowed; lower-case hex. @throws Problem `command_usage` */
export function parseDigest(text: string, flag: string): string {
  if (digestForm.test(text)) return bareDigest(text)
  throw usage(`${flag} is no SHA-256`, '64 hex digits, with or without colons', text)
}

/** 32 bytes as base64, of either alphabet; base64 as Apple writes it. @throws Problem `command_usage` */
export function parseKeyId(text: string, flag: string): string {
  const bytes = decodeAnyBase64(text)
  if (bytes?.length === 32) return bytes.toString('base64')
  throw usage(`${flag} is no key id of App Attest`, 'base64 of 32 bytes', text)
}

/** An object without the members that were not given. */
export function given<T extends object>(members: T): Given<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Given<T>
}

type Given<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K]
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> }

function withoutColons(text: string): string {
  return text.replaceAll(':', '')
}

function usage(detail: string, expected: string, found: string): Problem {
  return new Problem('command_usage', { detail, expected, found })
}
