import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { DeviceCheckKey } from '@sallyport/attestation'
import { configProblem } from '@sallyport/problem'
import type { AuthorityConfig } from '../config/authority-config.ts'
import { readNamedFile } from '../config/named-file.ts'
import type { ReceiptsConfig } from '../config/receipts-config.ts'

/** A team whose receipts are refreshed: how, with which key, and those of which apps. */
export type ReceiptTeam = {
  readonly config: ReceiptsConfig
  readonly signer: DeviceCheckKey
  /** `TEAMID.bundle.id` of every app of the team. */
  readonly appleAppIds: readonly string[]
}

/** @throws Problem `config_unreadable` where a key file is missing, or holds no such key */
export function readReceiptTeams(
  directory: string,
  { attestation, apps }: Pick<AuthorityConfig, 'attestation' | 'apps'>,
): readonly ReceiptTeam[] {
  return attestation.apple.receipts.map((config, index) => {
    const { teamId, keyId } = config
    const ofTeam = Object.values(apps).filter(({ apple }) => apple?.teamId === teamId)
    const bundleIds = new Set(ofTeam.flatMap(({ apple }) => apple?.bundleIds ?? []))
    return {
      config,
      signer: { teamId, keyId, privateKey: readKey(directory, config, index) },
      appleAppIds: [...bundleIds].map((bundleId) => `${teamId}.${bundleId}`),
    }
  })
}

function readKey(directory: string, { keyFile }: ReceiptsConfig, index: number): KeyObject {
  const path = ['attestation', 'apple', 'receipts', index, 'keyFile']
  const pem = readNamedFile(directory, keyFile, path)
  const expected = 'a P-256 key as PKCS#8 PEM: AuthKey_….p8, as the developer account gave it'
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (cause) {
    // What OpenSSL says names what it read, never what was in it.
    const found = cause instanceof Error ? cause.message : String(cause)
    throw configProblem('config_unreadable', path, `${keyFile}: no private key`, {
      expected,
      found,
      cause,
    })
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return key
  const found = `a key of ${details?.namedCurve ?? type ?? 'an unknown kind'}`
  const detail = `${keyFile}: no key of the developer account`
  throw configProblem('config_unreadable', path, detail, { expected, found })
}
