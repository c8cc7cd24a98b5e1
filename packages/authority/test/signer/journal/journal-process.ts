import pino from 'pino'
import { SigningJournal } from '../../../src/signer/journal/signing-journal.ts'
import { thing } from './journal-folder.ts'

// Writes to the journal of the directory in its first argument until it is killed, and tells what is confirmed.
const journal = new SigningJournal({
  directory: process.argv[2] ?? '',
  log: pino({ level: 'silent' }),
  now: Date.now,
  keepMs: () => 1e9,
  maxFileBytes: 20_000,
})
for (;;) {
  await Promise.all(
    Array.from({ length: 7 }, async () => {
      const each = thing()
      await journal.append(each)
      process.send?.(each.serial)
    }),
  )
}
