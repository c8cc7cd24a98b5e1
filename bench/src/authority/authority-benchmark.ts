import https from 'node:https'
import type { BenchmarkRun } from '../benchmark.ts'
import { cpuMicroseconds } from '../measure/cpu-time.ts'
import type { ServerProcess } from '../process/server-process.ts'
import { machineFacts } from '../report/machine.ts'
import { median } from '../report/statistics.ts'
import { ask, inParallel } from './ask.ts'
import {
  type AuthorityReport,
  type MeasuredWork,
  reportedRevocations,
  reportedWork,
  type RevocationCost,
} from './authority-report.ts'
import { apps, type AuthoritySite, layOutAuthority } from './authority-site.ts'
import type { AuthorityWork } from './authority-work.ts'
import { enroll, type Phone } from './phones.ts'
import { seedRevoked } from './seed-revoked.ts'
import { certificatesOf, enrollments, listIssue, ocspAnswers, renewals } from './works.ts'

type Counts = { readonly rounds: number; readonly times: number; readonly revoked: number }

const fewRevoked = 1_000
const revocationsOfARound = 50
const listRounds = 3

/** Measures an authority with its signer, in the processes that users have, over a store that is on the disk. */
export async function benchmarkAuthority({
  rounds,
  times,
  revoked,
  say,
  signal,
}: BenchmarkRun & Counts): Promise<AuthorityReport> {
  const site = await layOutAuthority()
  let server: ServerProcess | undefined
  const restart = async (meanwhile?: () => void) => {
    await server?.stop()
    server = undefined
    signal.throwIfAborted()
    meanwhile?.()
    server = await site.start()
    return server
  }
  try {
    const first = await restart()
    const phones: Phone[] = []
    const agent = new https.Agent({ ca: site.caPem, keepAlive: true, maxSockets: 16 })
    const published = await enroll(site, agent, apps.published)
    const works = [
      enrollments(site, times, phones),
      renewals(site, times, phones),
      ocspAnswers(site, times * 5, certificatesOf(published)),
    ]
    const measured = await measureInRounds(works, { server: first, rounds, say, signal })

    say(`a revocation where ${fewRevoked} were revoked before`)
    await revokeDevice(site, agent, published)
    await revokeDevice(site, agent, await enroll(site, agent, apps.feed))
    const seed = (count: number) => () => {
      for (const appId of Object.values(apps)) seedRevoked(site.databaseFile, appId, count)
    }
    const costs: RevocationCost[] = []
    for (const count of [fewRevoked, revoked]) {
      const seeded = await restart(seed(count))
      costs.push(await revocationCost(site, seeded, { agent, count, rounds }))
      say(
        `a revocation where ${count} were revoked before: ${costs.at(-1)?.microseconds.toFixed(0)} µs`,
      )
    }

    say(`a list of ${revoked}`)
    const victims = await inParallel(listRounds + 1, 4, () => enroll(site, agent, apps.published))
    const { issuer } = certificatesOf(published)
    const revokeOne = async () => revokeDevice(site, agent, victims.pop() as Phone)
    const lists = listIssue(`${site.status}/crl/${issuer.spkiSha256}/0.crl`, revokeOne, revoked)
    const running = server as ServerProcess
    const issued = await measureInRounds([lists], {
      server: running,
      rounds: listRounds,
      say,
      signal,
    })
    return {
      machine: machineFacts(),
      settings: { rounds, times, revoked },
      works: [...measured, ...issued].map(reportedWork),
      revocations: reportedRevocations(costs),
    }
  } finally {
    await server?.stop()
    site.remove()
  }
}

async function measureInRounds(
  works: readonly AuthorityWork[],
  { server, rounds, say, signal }: { server: ServerProcess; rounds: number } & BenchmarkRun,
): Promise<MeasuredWork[]> {
  const measured = works.map((work): MeasuredWork => ({ work, whole: [], bare: [], perSecond: [] }))
  for (let round = 0; round <= rounds; round++) {
    // The first round is for what is compiled when it is used often.
    say(round === 0 ? 'warming up' : `round ${round} of ${rounds}`)
    for (const { work, whole, bare, perSecond } of measured) {
      signal.throwIfAborted()
      const before = cpuMicroseconds(server.id)
      const startedAt = performance.now()
      await work.run(work.times)
      const seconds = (performance.now() - startedAt) / 1_000
      const spent = (cpuMicroseconds(server.id) - before) / work.times
      const alone = await work.bare()
      if (round === 0) continue
      whole.push(spent)
      bare.push(alone)
      perSecond.push(work.times / seconds)
    }
  }
  return measured
}

async function revocationCost(
  site: AuthoritySite,
  server: ServerProcess,
  { agent, count, rounds }: { agent: https.Agent; count: number; rounds: number },
): Promise<RevocationCost> {
  const samples: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const phones = await inParallel(revocationsOfARound, 16, () => enroll(site, agent, apps.feed))
    const before = cpuMicroseconds(server.id)
    await inParallel(phones.length, 4, (index) => revokeDevice(site, agent, phones[index] as Phone))
    if (round > 0) samples.push((cpuMicroseconds(server.id) - before) / phones.length)
  }
  return { revoked: count, microseconds: median(samples), samples }
}

async function revokeDevice(site: AuthoritySite, agent: https.Agent, phone: Phone): Promise<void> {
  const headers = { authorization: `Bearer ${site.adminToken}` }
  const url = `${site.admin}/admin/v1/devices/${phone.issued.deviceId}/revoke`
  await ask(url, { json: { reason: 'measured' }, headers, agent })
}
