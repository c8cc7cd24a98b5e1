import type { KeyProvider } from '@sallyport/pki'
import type { AuthorityConfig } from '../../config/authority-config.ts'
import { checkSigner } from '../../config/check-signer.ts'
import { signerSocketOf } from '../../config/keys-config.ts'
import type { StartOptions } from '../../start-authority.ts'
import {
  journalDirectoryOf,
  journalKeepMsOf,
  prepareJournalDirectory,
} from '../journal/journal-place.ts'
import { countSince } from '../journal/recent-records.ts'
import { SigningJournal } from '../journal/signing-journal.ts'
import { localSigner } from '../local-signer.ts'
import { openKeys } from '../open-keys.ts'
import { signerBoundsOf } from '../signer-bounds.ts'
import { signerSecretOf } from './signer-secret.ts'
import { boundIssuance, issuedKinds } from './bound-issuance.ts'
import { serveSigner } from './signer-server.ts'

const hourMs = 3_600_000

export type SignerOptions = Pick<
  StartOptions,
  'log' | 'directory' | 'now' | 'promptPassphrase' | 'environment'
> & {
  /** Reads the configuration as it is now. Problem `config_invalid`, `config_unreadable`. */
  readConfig: () => AuthorityConfig
  /** What whoever asks must prove to have, in place of that of the configuration. */
  secret?: string | undefined
}

export type RunningSigner = {
  readonly socket: string
  /**
   * Signs within the configuration as it is now.
   *
   * @throws Problem `config_invalid`, `config_unreadable`; the old one then goes on
   */
  reload(): void
  /** Answers what was asked, and ends. */
  close(): Promise<void>
}

/**
 * Starts the process that holds the keys. It reads the configuration for itself, and opens no store.
 *
 * @throws Problem `key_passphrase_required`, `key_passphrase_wrong`, `signer_socket_refused`,
 *   `signer_journal_refused`
 */
export async function startSigner(options: SignerOptions): Promise<RunningSigner> {
  const config = options.readConfig()
  checkSigner(config, options)
  const { directory, log, now = Date.now } = options
  let bounds = signerBoundsOf(config)
  let { signer: own } = config.authority
  const keys = openKeys(config, options)
  await requireOpens(keys)
  const socket = signerSocketOf(directory, config.authority)
  const reload = () => {
    const next = options.readConfig()
    checkSigner(next, options)
    bounds = signerBoundsOf(next)
    own = next.authority.signer
    log.info('the configuration was taken up')
  }
  const journalDirectory = journalDirectoryOf(directory, config.authority)
  prepareJournalDirectory(journalDirectory)
  const journal = new SigningJournal({
    directory: journalDirectory,
    log,
    now,
    keepMs: () => journalKeepMsOf(own),
  })
  const signer = localSigner({
    keys,
    bounds: () => bounds,
    now,
    journal,
    reload: () => Promise.resolve().then(reload),
  })
  const secret = options.secret ?? signerSecretOf(directory, config.authority)
  const bounded = boundIssuance(signer, {
    perHour: () => own.certificatesPerHour,
    issuedBefore: await countSince(journalDirectory, issuedKinds, now() - hourMs),
    log,
  })
  const closeServer = await serveSigner({ signer: bounded, socket, log, secret })
  log.info({ socket, journal: journalDirectory }, 'signer is ready')
  const close = async () => {
    await closeServer()
    await journal.close()
  }
  return { socket, reload, close }
}

/** A passphrase that opens nothing is told at start, and not with the first certificate. */
async function requireOpens(keys: KeyProvider): Promise<void> {
  const [first] = await keys.list()
  if (first !== undefined) await keys.open(first)
}
