import { setImmediate } from 'node:timers/promises'
import type { BenchmarkRun } from '../benchmark.ts'
import { machineFacts } from '../report/machine.ts'
import {
  type AttestationReport,
  type MeasuredSubject,
  reportedAttestation,
} from './attestation-report.ts'
import type { Subject } from './subject.ts'
import { subjects } from './subjects.ts'
import { measureInTurns } from './turns.ts'

/** How often each is run before anything is measured: what is used often is compiled. */
const warmUp = 500

/** Measures the CPU time of verifications, and of the bare signature verifications in them, in turns. */
export async function benchmarkAttestation({
  rounds,
  verifications,
  say,
  signal,
}: BenchmarkRun & { rounds: number; verifications: number }): Promise<AttestationReport> {
  const measured = subjects.map((make): MeasuredSubject => {
    return { subject: make(), whole: [], bare: [] }
  })
  const measure = async ({ name, verify, bare }: Subject, times: number) => {
    // Where a signal is heard.
    await setImmediate()
    signal.throwIfAborted()
    const outcome = measureInTurns(bare === undefined ? [verify] : [verify, bare.verify], times)
    if (outcome !== undefined) return outcome
    throw new Error(`${name} is not accepted: there is nothing to measure`)
  }
  say('warming up')
  for (const { subject } of measured) await measure(subject, warmUp)
  for (let round = 1; round <= rounds; round++) {
    if (round % 5 === 1) say(`round ${round} of ${rounds}`)
    for (const { subject, whole, bare } of measured) {
      const [wholeMicroseconds = 0, bareMicroseconds] = await measure(subject, verifications)
      whole.push(wholeMicroseconds)
      if (bareMicroseconds !== undefined) bare.push(bareMicroseconds)
    }
  }
  return {
    machine: machineFacts(),
    settings: { rounds, verifications },
    attestations: measured.map(reportedAttestation),
  }
}
