import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import { isSallyportError, type SallyportError } from '@sallyport/sdk'
import type { VirtualDevice } from '@sallyport/virtual-device'
import { endLeftOver, newFolder } from '../sallyport.ts'
import { type AttestedDeployment, layOutAttested } from './attested-deployment.ts'
import { endLeftOverRoles, type RoleProcess } from './role-process.ts'
import { startTrustPublisher, type TrustPublisher } from './trust-publisher.ts'

after(endLeftOver)
after(endLeftOverRoles)

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
type Status = { problems: { code: string }[] }
type Finding = { verdict: string; found: string }

let publisher: TrustPublisher
let deployment: AttestedDeployment
let authority: RoleProcess

const statusOf = async (...args: readonly string[]) => {
  const { exitCode, problems } = await deployment.answerOf<Status>('attestation', 'status', ...args)
  return { exitCode, codes: problems.map(({ code }) => code).toSorted() }
}
async function refusalOf(device: VirtualDevice): Promise<SallyportError> {
  const error = await device.enroll().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(isSallyportError(error), String(error))
  return error
}
const assuranceOf = async (device: VirtualDevice) => (await device.enroll()).assurance

describe('an authority that starts while the publisher is away, and whose clock is an hour off later', () => {
  before(async () => {
    publisher = await startTrustPublisher()
    publisher.isAway = true
    deployment = await layOutAttested(publisher)
    authority = await deployment.startAuthority()
  })
  after(async () => {
    await deployment.end()
    await publisher.close()
  })

  test('has phones come again, says why, and takes the same phone once there is a list', async () => {
    const device = deployment.android()
    const { code, retryable, retryAfterMs } = await refusalOf(device)
    assert.deepEqual(
      { code, retryable, retryAfterMs },
      { code: 'attestation_unavailable', retryable: true, retryAfterMs: 60_000 },
    )
    const iphone = deployment.iphone()
    assert.equal(await assuranceOf(iphone), 'app-attested', 'no iPhone is on that list')
    const forged = deployment.android({ hostility: () => 'imported-key' })
    assert.equal((await refusalOf(forged)).code, 'evidence_refused', 'wrong beside that')

    const { exitCode, codes } = await statusOf('--refresh')
    assert.equal(exitCode, 1)
    assert.ok(codes.includes('status_list_missing'), codes.join())
    assert.ok(codes.includes('trust_source_unreachable'), codes.join())
    const { code: ill, stdout } = await deployment.run('doctor', '--json')
    assert.equal(ill, 1)
    const findings = JSON.parse(stdout) as Finding[]
    const failing = findings.filter(({ verdict }) => verdict === 'fail').map(({ found }) => found)
    assert.ok(
      failing.some((found) => found.includes('status_list_missing')),
      failing.join('\n'),
    )

    publisher.isAway = false
    assert.deepEqual(await statusOf('--refresh'), { exitCode: 0, codes: [] })
    assert.equal(await assuranceOf(device), 'tee')
  })

  afterEach(() => {
    publisher.aheadMs = 0
  })

  // Of virtual phones, keys that are provisioned remotely are valid from a day before to 13 days after.
  const edges = [
    ['ahead: a chain that ends in half an hour there is over here', -13 * dayMs - 30 * minuteMs],
    [
      'behind: a chain that began half an hour ago there is of the future here',
      dayMs + 30 * minuteMs,
    ],
  ] as const
  for (const [name, offsetMs] of edges) {
    test(`a clock that is ${name}, and the operator is told to look at the clock`, async () => {
      publisher.aheadMs = Math.sign(offsetMs) * hourMs
      const device = deployment.android({ platformNow: () => Date.now() + offsetMs })
      const { code, requestId } = await refusalOf(device)
      assert.equal(code, 'evidence_refused')
      const { stdout } = await deployment.run('explain', String(requestId))
      assert.match(stdout, /attestation_certificate_expired/)
      assert.match(stdout, /clock/)
      assert.deepEqual((await statusOf('--refresh')).codes, [
        'trust_time_doubtful',
        'trust_time_doubtful',
      ])
    })
  }

  test('a clock that is an hour off has every chain taken that is within its dates by both, and the list', async () => {
    for (const aheadMs of [-hourMs, hourMs]) {
      publisher.aheadMs = aheadMs
      await statusOf('--refresh')
      for (const offsetMs of [aheadMs, 12.9 * -dayMs, 0.9 * dayMs]) {
        const device = deployment.android({ platformNow: () => Date.now() + offsetMs })
        assert.equal(await assuranceOf(device), 'tee')
      }
    }
  })
})

describe('an authority whose disk for last good copies is full', () => {
  const mountPoint = newFolder()
  let why: string | undefined
  before(async () => {
    why = mountSmall(mountPoint)
    publisher = await startTrustPublisher()
    deployment = await layOutAttested(publisher, ({ attestation }) => {
      attestation.directory = path.join(mountPoint, 'kept')
    })
  })
  after(async () => {
    await deployment.end()
    await publisher.close()
    if (why === undefined) execFileSync('umount', ['-l', mountPoint])
  })

  test('goes on with what it fetched, says so, and starts again without disk and publisher', async (t) => {
    if (why !== undefined && process.env['CI'] !== 'true') return t.skip(why)
    assert.equal(why, undefined, 'must not be skipped here')
    writeFileSync(path.join(mountPoint, 'ballast'), Buffer.alloc(mountedBytes - 4_096))
    authority = await deployment.startAuthority()
    const full = await statusOf('--refresh')
    assert.equal(full.exitCode, 1)
    assert.deepEqual([...new Set(full.codes)], ['trust_copy_unwritable'])
    assert.equal(await assuranceOf(deployment.android()), 'tee')

    publisher.isAway = true
    await authority.end()
    authority = await deployment.startAuthority()
    assert.equal(await assuranceOf(deployment.android()), 'tee', 'by the list of the store')

    publisher.isAway = false
    rmSync(path.join(mountPoint, 'ballast'))
    assert.deepEqual(await statusOf('--refresh'), { exitCode: 0, codes: [] })
  })
})

const mountedBytes = 64 * 1_024

/** @returns why it may not be mounted */
function mountSmall(at: string): string | undefined {
  try {
    const options = `size=${mountedBytes},mode=0700`
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', at], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `no small file system can be mounted here (${String(error).split('\n')[0]}); sqlite-full-disk.test of the authority has one`
  }
}
