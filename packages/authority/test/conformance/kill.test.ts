import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import https from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { thumbprint } from '@sallyport/pki'
import { devicePaths, type IssuedCertificate } from '@sallyport/wire'
import { verifyAudit } from '../../src/audit/audit-log.ts'
import { readAudit } from '../../src/audit/read-audit.ts'
import { changesAfter } from '../../src/feed/append-change.ts'
import { openStore } from '../../src/store/store.ts'
import { layOut } from '../fixture/deployment.ts'
import { httpCall } from '../fixture/http-call.ts'
import { enrollmentOf, makeKey } from '../fixture/phone.ts'
import { storeIn } from '../fixture/store-place.ts'

/** Twenty rounds of a thousand by SALLYPORT_CONFORMANCE=1. */
const isWhole = process.env['SALLYPORT_CONFORMANCE'] === '1'
const rounds = isWhole ? 20 : 3
const enrolments = isWhole ? 1_000 : 150

type Addresses = { device: string; admin: string }

test(`killed in the middle of ${enrolments} enrolments, ${rounds} times over, an authority loses nothing that it answered`, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-kill-'))
  try {
    const laid = await layOut({ directory })
    const authorization = `Bearer ${laid.adminToken}`
    const answered = new Set<string>()
    const suspended: number[] = []
    for (let round = 0; round < rounds; round++) {
      const { child, addresses } = await startChild(directory)
      const agent = new https.Agent({ keepAlive: true, maxSockets: 200, ca: laid.caPem })
      const ends = once(child, 'exit')
      let received = 0
      // Later in each round, so that the kill falls into every part of the work.
      const killAfter = Math.ceil((enrolments * (round + 1)) / (rounds + 2))
      const work = Array.from({ length: enrolments }, async () => {
        const issued = await enrolOnce(addresses, agent)
        if (issued === undefined) return
        answered.add(thumbprint(Buffer.from(issued.certificates[0] ?? '', 'base64url')))
        if (++received === killAfter) child.kill('SIGKILL')
        if (received % 5 !== 0) return
        const url = `${addresses.admin}/admin/v1/devices/${issued.deviceId}/suspend`
        const changed = await httpCall(url, { agent, headers: { authorization }, body: {} }).catch(
          () => undefined,
        )
        if (changed?.status === 200) suspended.push(changed.body.seq)
      })
      await Promise.all(work)
      await ends
      agent.destroy()
      await verifyStore(directory, answered, suspended)
    }
    assert.ok(answered.size >= rounds)
    assert.ok(answered.size < rounds * enrolments, 'no kill fell into the work')
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

/** Undefined where the authority died before it answered. */
async function enrolOnce(
  { device }: Addresses,
  agent: https.Agent,
): Promise<IssuedCertificate | undefined> {
  try {
    const asked = await httpCall(device + devicePaths.challenges, {
      agent,
      body: { appId: 'wallet', purpose: 'enroll' },
    })
    const body = enrollmentOf(makeKey(), asked.body.challenge)
    const answer = await httpCall(device + devicePaths.certificates, { agent, body })
    assert.equal(answer.status, 201, answer.text)
    return answer.body as IssuedCertificate
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    return undefined
  }
}

async function verifyStore(
  directory: string,
  answered: ReadonlySet<string>,
  suspended: readonly number[],
): Promise<void> {
  const store = await openStore(storeIn(directory))
  try {
    const rows = await store.read.selectFrom('certificates').select('thumbprint').execute()
    const kept = new Set(rows.map(({ thumbprint }) => thumbprint))
    const lost = [...answered].filter((answer) => !kept.has(answer))
    assert.deepEqual(lost, [])

    const numbers = (await changesAfter(store.read, 0, 1_000_000)).map(({ seq }) => seq)
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    )
    assert.ok(suspended.every((seq) => seq <= numbers.length))

    const audit = await readAudit(store.read, 0, 1_000_000)
    const verified = verifyAudit(audit)
    const enrolled = audit.filter(({ action }) => action === 'device.enrolled')
    assert.equal(verified.count, audit.length)
    assert.equal(enrolled.length, kept.size)
  } finally {
    await store.close()
  }
}

async function startChild(
  directory: string,
): Promise<{ child: ChildProcess; addresses: Addresses }> {
  const file = path.join(import.meta.dirname, 'authority-process.js')
  const child = fork(file, [directory], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const [addresses] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => {
      throw new Error('the authority did not start')
    }),
  ])
  return { child, addresses: addresses as Addresses }
}
