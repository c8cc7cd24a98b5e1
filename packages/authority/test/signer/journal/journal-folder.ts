import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pino from 'pino'
import type { JournalRecord, SignedThing } from '../../../src/signer/journal/journal-record.ts'
import { type JournalFault, readJournal } from '../../../src/signer/journal/read-journal.ts'
import {
  SigningJournal,
  type SigningJournalOptions,
} from '../../../src/signer/journal/signing-journal.ts'

export const dayMs = 86_400_000

/** A folder for a journal, what was logged of it, and journals over it as processes after each other have them. */
export function journalFolder() {
  const parent = mkdtempSync(path.join(tmpdir(), 'sallyport-journal-'))
  const directory = path.join(parent, 'signed')
  const logged: string[] = []
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) })
  const open: SigningJournal[] = []
  return {
    directory,
    logged,
    start(options: Partial<SigningJournalOptions> = {}) {
      const journal = new SigningJournal({
        directory,
        log,
        now: Date.now,
        keepMs: () => 30 * dayMs,
        ...options,
      })
      open.push(journal)
      return journal
    },
    async read(removedBefore = 0) {
      const faults: JournalFault[] = []
      const records: JournalRecord[] = []
      const onFault = (fault: JournalFault) => faults.push(fault)
      for await (const record of readJournal(directory, { removedBefore, onFault })) {
        records.push(record)
      }
      return { records, faults: faults.map(({ what, line }) => ({ what, line })) }
    },
    async remove() {
      for (const journal of open) await journal.close()
      rmSync(parent, { recursive: true, force: true })
    },
  }
}

let count = 0

/** Something that was signed, each another. */
export function thing(of: Partial<SignedThing> = {}): SignedThing {
  count += 1
  return {
    kind: 'device',
    ca: 'device-ca-wallet-1',
    serial: count.toString(16),
    sha256: Buffer.alloc(32, count).toString('base64url'),
    until: Date.now() + 7 * dayMs,
    ...of,
  }
}
