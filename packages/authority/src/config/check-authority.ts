import { configProblem } from '@sallyport/problem'
import { filesOfProvider, type ProviderFile, providerRules } from '@sallyport/token'
import { readTlsFiles } from '../api/listener.ts'
import { readClientCas } from '../protocols/est/client-cas.ts'
import { readJudges } from '../protocols/scep/judges.ts'
import { readReceiptTeams } from '../receipts/receipt-teams.ts'
import { readRevocationClients } from '../sessions/revocation-client.ts'
import { readDevelopmentRoots } from '../trust/development-roots.ts'
import { snapshotFileOf } from '../trust/snapshot-file.ts'
import { readWebhooks } from '../webhooks/webhook-target.ts'
import { attestationPolicies } from './attestation-policy.ts'
import type { AuthorityConfig } from './authority-config.ts'
import { checkConfig } from './check-config.ts'
import { listenAddress } from './listen-address.ts'
import { passwordOfFile, postgresPasswordVariable, storeLocation } from './store-location.ts'
import { readNamedBytes } from './named-file.ts'

/** Where a configuration is: its directory, and the environment that it is for. */
export type CheckedFrom = {
  directory: string
  environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Everything that an authority refuses of a configuration which its schema allows, and each file that
 * it names, but for those that the signer alone reads (`checkSigner`). Opens, makes and fetches nothing.
 * Not checked: the store, and whether ports are free.
 *
 * @throws Problem `config_invalid`, `config_unreadable`, each with the pointer of the member
 */
export function checkAuthority(config: AuthorityConfig, from: CheckedFrom): void {
  for (const check of checks) check(config, from)
}

type AuthorityCheck = (config: AuthorityConfig, from: CheckedFrom) => void

const checks: readonly AuthorityCheck[] = [
  checkConfig,
  checkStore,
  checkAddresses,
  checkIdentityProviders,
  ({ apps }, { directory }) => void attestationPolicies(directory, apps),
  ({ attestation }, { directory }) =>
    void readDevelopmentRoots(directory, attestation.insecureDevelopmentRoots),
  ({ attestation: { snapshot } }, { directory }) =>
    void (snapshot && snapshotFileOf(directory, snapshot)),
  (config, { directory }) => void readReceiptTeams(directory, config),
  (config, { directory }) => void readRevocationClients(directory, config),
  (config, { directory }) => void readClientCas(directory, config),
  (config, { directory }) => void readJudges(directory, config),
  (config, { directory }) => void readWebhooks(directory, config),
  (config, { directory }) => readTlsFiles(directory, config),
]

/** Where the environment has the password, the file is not read. */
function checkStore({ store }: AuthorityConfig, from: CheckedFrom): void {
  storeLocation(store, from)
  const { directory, environment = process.env } = from
  const isGiven = (environment[postgresPasswordVariable] ?? '') !== ''
  const file = store.postgres?.passwordFile
  if (!isGiven && file !== undefined) passwordOfFile(directory, file)
}

function checkAddresses({ authority: { listeners } }: AuthorityConfig): void {
  for (const [name, { listen }] of Object.entries(listeners)) {
    if (listenAddress(listen).port <= 65_535) continue
    const path = ['authority', 'listeners', name, 'listen']
    const facts = { expected: 'a port of at most 65535', found: listen }
    throw configProblem('config_invalid', path, 'there is no such port', facts)
  }
}

function checkIdentityProviders(
  { identityProviders }: AuthorityConfig,
  { directory }: CheckedFrom,
): void {
  providerRules(identityProviders)
  for (const [name, provider] of Object.entries(identityProviders)) {
    for (const named of filesOfProvider(provider)) {
      checkProviderFile(named, ['identityProviders', name, ...named.member], directory)
    }
  }
}

function checkProviderFile(
  { file, expected, check }: ProviderFile,
  path: readonly string[],
  directory: string,
): void {
  const bytes = readNamedBytes(directory, file, path)
  try {
    check(bytes)
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause)
    throw configProblem('config_invalid', path, 'the file holds something else', {
      expected,
      found,
      cause,
    })
  }
}
