import { createPublicKey, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { decodeAnyBase64 } from '@sallyport/attestation'
import { keyKinds, parseSigningRequest } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'

const maxFileBytes = 64 * 1024
const request =
  /-----BEGIN CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----/

/**
 * A public key: a file (PEM or DER of a SubjectPublicKeyInfo, PEM of a certificate or signing request), or
 * base64 of a SubjectPublicKeyInfo. DER SubjectPublicKeyInfo.
 *
 * @throws Problem `command_usage`
 */
export function readPublicKey(argument: string, flag: string): Buffer {
  const bytes = existsSync(argument) ? readSmallFile(argument, flag) : decodeAnyBase64(argument)
  if (bytes === undefined) throw notOne(flag, 'neither a file that is there nor base64')
  const requested = request.exec(bytes.toString('latin1'))?.[1]
  try {
    if (requested !== undefined) {
      return parseSigningRequest(Buffer.from(requested, 'base64'), { keyKinds }).spki
    }
    return keyOf(bytes).export({ format: 'der', type: 'spki' })
  } catch (cause) {
    throw notOne(flag, cause instanceof Error ? cause.message : String(cause))
  }
}

function keyOf(bytes: Buffer): KeyObject {
  const isDer = bytes[0] === 0x30
  return createPublicKey(isDer ? { key: bytes, format: 'der', type: 'spki' } : bytes)
}

function readSmallFile(file: string, flag: string): Buffer {
  const { size } = statSync(file)
  if (size > maxFileBytes) throw notOne(flag, `a file of ${size} bytes`)
  return readFileSync(file)
}

function notOne(flag: string, found: string): Problem {
  return new Problem('command_usage', {
    detail: `${flag} is no public key`,
    expected: 'a file with a public key, certificate or signing request, or base64 of an SPKI',
    found,
  })
}
