import type { Log } from '../log/log.ts'
import type { FromWorker } from '../worker/messages.ts'
import type { LineWriter } from './line-writer.ts'
import type { Receipts } from './receipts.ts'
import type { ReportSender } from './report-sender.ts'
import type { PooledWorker } from './worker-pool.ts'

/** Who is told of what workers say of their own accord. */
export type WorkerEars = {
  readonly log: Log
  readonly receipts: Receipts
  readonly reports: ReportSender
  /** Where the access log goes. */
  readonly lines: LineWriter | undefined
}

type Hears<T extends FromWorker['type']> = (
  message: Extract<FromWorker, { readonly type: T }>,
  ears: WorkerEars,
  worker: PooledWorker,
) => void

const hears: { readonly [T in FromWorker['type']]?: Hears<T> } = {
  applied: ({ changes }, { receipts }, worker) => receipts.applied(worker, changes),
  shadow: ({ counts }, { reports }) => reports.shadow(counts),
  records: (records, { reports, log }) => {
    reports.records(records)
    for (const { at, ...handshake } of records.handshakes) {
      log.info({ at: new Date(at).toISOString(), ...handshake }, 'a handshake failed')
    }
  },
  log: ({ level, fields, message }, { log }) => log[level]({ ...fields }, message),
  lines: ({ page }, { lines }, worker) => {
    void lines
      ?.write(page)
      .then(() => worker.post({ type: 'lines-taken', page }, [page.bytes.buffer]))
  },
}

/** Passes on what a worker says. Answers to questions of the pool are nobody's here. */
export function hearWorker(worker: PooledWorker, message: FromWorker, ears: WorkerEars): void {
  const hear = hears[message.type] as Hears<FromWorker['type']> | undefined
  hear?.(message, ears, worker)
}
