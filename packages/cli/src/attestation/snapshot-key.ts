import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { Problem } from '@sallyport/problem'
import { modes, writeFileAtomically } from '../files/write-file.ts'

const maxKeyBytes = 64 * 1024

/** Where the public half of a key lies: beside it. */
export function publicKeyFileOf(keyFile: string): string {
  return `${keyFile}.pub`
}

/**
 * Makes an Ed25519 key for signing snapshots: PKCS#8 in PEM, not encrypted, for its owner alone; its public
 * half beside it. Never over a file that is there.
 *
 * @throws Problem `command_usage`; file errors
 */
export function makeSnapshotKey(keyFile: string): KeyObject {
  const publicKeyFile = publicKeyFileOf(keyFile)
  const taken = [keyFile, publicKeyFile].filter((file) => existsSync(file))
  if (taken.length > 0) {
    throw new Problem('command_usage', {
      detail: 'Nothing is written over',
      expected: '--new-key with a --key that is not there yet',
      found: taken.join(', '),
    })
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const text = (key: KeyObject, type: 'pkcs8' | 'spki') => key.export({ format: 'pem', type })
  writeFileAtomically(keyFile, text(privateKey, 'pkcs8'), modes.secret)
  writeFileAtomically(publicKeyFile, text(publicKey, 'spki'))
  return privateKey
}

/** A private key in PEM: Ed25519 or P-256. @throws Problem `command_usage`; file errors */
export function readSnapshotKey(keyFile: string): KeyObject {
  const { size } = statSync(keyFile)
  try {
    if (size <= maxKeyBytes) return createPrivateKey(readFileSync(keyFile))
  } catch (cause) {
    throw notOne(keyFile, cause)
  }
  throw notOne(keyFile)
}

function notOne(keyFile: string, cause?: unknown): Problem {
  return new Problem('command_usage', {
    detail: '--key names no private key',
    expected: 'PEM of an Ed25519 or P-256 key that is not encrypted; --new-key makes one',
    found: keyFile,
    cause,
  })
}
