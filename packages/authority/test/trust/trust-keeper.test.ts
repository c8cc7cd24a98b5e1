import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { trustAnchor } from '@sallyport/attestation'
import { toPem } from '@sallyport/pki'
import { isProblem } from '@sallyport/problem'
import { enrollAndroid } from '../fixture/attested-phone.ts'
import { movableClock } from '../fixture/clock.ts'
import { readTestConfig } from '../fixture/deployment.ts'
import { listOf, publish, strangers } from '../fixture/publisher.ts'
import { makeRoot } from '../fixture/roots.ts'
import {
  deployWatched,
  googleRootsJson,
  problemCodes,
  refresh,
  trustStatus,
  until,
  type Watched,
  watchedBy,
  withDeployed,
} from '../fixture/watched.ts'
import { attestedApp } from '../fixture/attested-phone.ts'

const withWatched = withDeployed((deployment) =>
  until(async () => (await trustStatus(deployment)).statusList.attemptedAt !== null),
)

const copyOf = ({ directory }: Watched) =>
  path.join(directory, 'state', 'attestation', 'status-list')

test('roots and status list are fetched at start, kept on disk, and told with their age', () =>
  withWatched(async (deployment) => {
    const status = await refresh(deployment)
    assert.deepEqual(status.problems, [])
    const { statusList, roots } = status
    assert.equal(statusList.source, 'fetch')
    assert.equal(statusList.entries, 4)
    assert.equal(statusList.tooOld, false)
    assert.ok(statusList.ageSeconds <= 5)
    assert.ok(roots.pinned.every((root: { published: boolean }) => root.published))
    assert.equal(roots.development.length, 1)
    assert.equal(statSync(copyOf(deployment)).mode & 0o777, 0o600)
    const metrics = (await deployment.operations('/metrics')).text
    assert.match(metrics, /sallyport_authority_status_list_entries 4\n/)
    assert.match(metrics, /sallyport_authority_status_list_usable 1\n/)
    assert.match(metrics, /sallyport_authority_trust_age_seconds\{document="roots"\} \d/)
  }))

test('what did not change is not sent again, and counts as fetched now', () => {
  const clock = movableClock()
  return withWatched(
    async (deployment) => {
      await refresh(deployment)
      clock.moveMinutes(50)
      const { statusList } = await refresh(deployment)
      assert.equal(deployment.publisher.requests.at(-1)?.headers['if-none-match']?.length, 3 + 4)
      assert.ok(statusList.ageSeconds <= 5)
      const metrics = (await deployment.operations('/metrics')).text
      assert.match(metrics, /fetches_total\{document="statusList",outcome="unchanged"\} [12]\n/)
    },
    { now: clock.now },
  )
})

test('after a restart without the publisher, the copy on disk is in use', () =>
  withWatched(async (deployment) => {
    await refresh(deployment)
    await deployment.restart({
      whileDown: () => {
        deployment.publisher.answer('/status', (_, response) => response.destroy())
      },
    })
    const status = await refresh(deployment)
    assert.equal(status.statusList.entries, 4)
    assert.deepEqual(problemCodes(status), ['trust_source_unreachable'])
    assert.equal((await deployment.operations('/health/ready')).status, 200)
    assert.equal((await enrollAndroid(deployment)).status, 201)
  }))

const damages: Readonly<Record<string, (file: string) => void>> = {
  'was cut short': (file) => writeFileSync(file, readFileSync(file).subarray(0, -10)),
  'others may write': (file) => chmodSync(file, 0o666),
}
for (const [damage, inflict] of Object.entries(damages)) {
  test(`a copy that ${damage} is said, and the list of the store is in use`, () =>
    withWatched(async (deployment) => {
      await refresh(deployment)
      await deployment.restart({
        whileDown: () => {
          deployment.publisher.answer('/status', (_, response) => response.writeHead(500).end())
          inflict(copyOf(deployment))
        },
      })
      const status = await trustStatus(deployment)
      assert.equal(status.statusList.source, 'store')
      assert.equal(status.statusList.entries, 4)
      deployment.publisher.answer('/status', publish(listOf(...strangers(5))))
      const mended = await refresh(deployment)
      assert.equal(mended.statusList.source, 'fetch')
      assert.deepEqual(mended.problems, [])
    }))
}

test('where the copy cannot be written, what was fetched is in use, and that is said', () =>
  withWatched(async (deployment) => {
    await refresh(deployment)
    rmSync(path.dirname(copyOf(deployment)), { recursive: true })
    writeFileSync(path.dirname(copyOf(deployment)), 'in the way')
    deployment.publisher.answer('/status', publish(listOf(...strangers(6))))
    const status = await refresh(deployment)
    assert.equal(status.statusList.entries, 6)
    assert.ok(problemCodes(status).includes('trust_copy_unwritable'))
    rmSync(path.dirname(copyOf(deployment)))
    assert.deepEqual((await refresh(deployment)).problems, [])
    assert.ok(existsSync(copyOf(deployment)))
  }))

const bad: Readonly<Record<string, { body: string; code: string }>> = {
  'a page of a proxy': {
    body: '<!doctype html><title>Sign in</title>',
    code: 'status_list_malformed',
  },
  'an empty list': { body: listOf(), code: 'status_list_shrunk' },
  'a list that lost most of its entries': {
    body: listOf(...strangers(1), 'ab', 'ac', 'ad', 'ae'),
    code: 'status_list_shrunk',
  },
  'a list with an entry that cannot be read': {
    body: '{"entries":{"ab":{"status":7}}}',
    code: 'status_list_malformed',
  },
}
for (const [what, { body, code }] of Object.entries(bad)) {
  test(`${what} is not taken up, and that is said until a good one comes`, () =>
    withWatched(async (deployment) => {
      await refresh(deployment)
      deployment.publisher.answer('/status', publish(body))
      const status = await refresh(deployment)
      assert.deepEqual(problemCodes(status), [code])
      assert.equal(status.statusList.entries, 4)
      assert.ok(status.problems[0].detail && status.problems[0].fix)
      const metrics = (await deployment.operations('/metrics')).text
      assert.match(metrics, new RegExp(`trust_problems\\{code="${code}",about="statusList"\\} 1`))
      deployment.publisher.answer('/status', publish(listOf(...strangers(5))))
      const mended = await refresh(deployment)
      assert.deepEqual(mended.problems, [])
      assert.equal(mended.statusList.entries, 5)
    }))
}

test('an empty list is not taken up where there was none either', () =>
  withWatched(
    async (deployment) => {
      const status = await refresh(deployment)
      assert.deepEqual(problemCodes(status), ['status_list_missing', 'status_list_shrunk'])
      assert.equal(status.statusList.entries, null)
      assert.equal((await enrollAndroid(deployment)).status, 503)
    },
    { list: listOf() },
  ))

test('an operator takes up the list that was doubted, that one and no other', () =>
  withWatched(async (deployment) => {
    await refresh(deployment)
    deployment.publisher.answer('/status', publish(listOf('ab')))
    const { sha256, entries } = (await refresh(deployment)).statusList.doubted
    assert.equal(entries, 1)
    const accept = (digest: string) =>
      deployment.admin('/admin/v1/attestation/status-list/accept', { body: { sha256: digest } })
    assert.equal((await accept('0'.repeat(64))).status, 404)
    const { status, body } = await accept(sha256)
    assert.equal(status, 200)
    assert.equal(body.statusList.entries, 1)
    assert.equal(body.statusList.doubted, null)
    assert.deepEqual(body.problems, [])
    assert.equal((await accept(sha256)).status, 404)
    const { rows } = (await deployment.admin('/admin/v1/audit')).body
    const accepted = rows.filter(
      ({ action }: { action: string }) => action === 'status-list.accepted',
    )
    assert.equal(accepted.length, 1)
    assert.match(accepted[0].actor, /^admin:/)
    const { before: was, after: is } = accepted[0].detail
    assert.match(was.sha256, /^[0-9a-f]{64}$/)
    assert.notEqual(was.sha256, sha256)
    assert.deepEqual(is, { sha256 })
  }))

test('a published root that is not pinned is reported and not trusted; a vanished one is reported', () =>
  withWatched(async (deployment) => {
    const stranger = trustAnchor(await makeRoot())
    const [rsa] = JSON.parse(googleRootsJson) as string[]
    const published = [rsa, toPem('CERTIFICATE', stranger.certificate.der)]
    deployment.publisher.answer('/root', publish(JSON.stringify(published)))
    const status = await refresh(deployment)
    assert.deepEqual(problemCodes(status), ['root_unpinned', 'root_vanished'])
    const [unpinned] = status.roots.unpinned
    assert.deepEqual(unpinned, {
      spkiSha256: stranger.spkiSha256,
      subject: 'CN=A Root of Nobody',
      trusted: false,
      published: true,
    })
    deployment.publisher.answer('/root', publish(googleRootsJson))
    assert.deepEqual((await refresh(deployment)).problems, [])
  }))

test('a list that is too old refuses or allows as policy says, from one reload to the next', () => {
  const clock = movableClock()
  return withWatched(
    async (deployment) => {
      await refresh(deployment)
      assert.equal((await enrollAndroid(deployment, { at: clock.now() })).status, 201)
      deployment.publisher.answer('/status', (_, response) => response.writeHead(503).end())
      clock.move(4)
      const status = await refresh(deployment)
      assert.deepEqual(problemCodes(status), [
        'status_list_too_old',
        'trust_source_unreachable',
        'trust_time_doubtful',
      ])
      assert.equal(status.statusList.tooOld, true)
      const refused = await enrollAndroid(deployment, { at: clock.now() })
      assert.deepEqual([refused.status, refused.body.code], [503, 'attestation_unavailable'])
      assert.equal(refused.headers['retry-after'], '60')
      const wrong = { at: clock.now(), hostility: 'imported-key' } as const
      assert.equal((await enrollAndroid(deployment, wrong)).body.code, 'evidence_refused')
      const allow = watchedBy(deployment.publisher, 'whenTooOld: allow')
      await deployment.authority.reload(readTestConfig(deployment.directory, attestedApp(), allow))
      assert.equal((await enrollAndroid(deployment, { at: clock.now() })).status, 201)
      const longer = watchedBy(deployment.publisher, 'statusListMaxAgeHours: 200')
      await deployment.authority.reload(readTestConfig(deployment.directory, attestedApp(), longer))
      assert.equal((await trustStatus(deployment)).statusList.tooOld, false)
      assert.equal((await enrollAndroid(deployment, { at: clock.now() })).status, 201)
    },
    { now: clock.now },
  )
})

test('a clock that was days ahead and is set back has the list fetched anew; until then it is too old', () => {
  const clock = movableClock()
  return withWatched(
    async (deployment) => {
      clock.move(5)
      await refresh(deployment)
      deployment.publisher.answer('/status', (_, response) => response.writeHead(503).end())
      clock.move(-5)
      const status = await refresh(deployment)
      assert.ok(problemCodes(status).includes('status_list_from_future'))
      assert.equal(status.statusList.tooOld, true)
      assert.equal((await enrollAndroid(deployment)).status, 503)
      deployment.publisher.answer('/status', publish(listOf(...strangers(4))))
      const mended = await refresh(deployment)
      assert.deepEqual(mended.problems, [])
      assert.equal((await enrollAndroid(deployment)).status, 201)
    },
    { now: clock.now },
  )
})

test('a clock that is an hour off is said, and breaks nothing', () => {
  const clock = movableClock()
  return withWatched(
    async (deployment) => {
      clock.moveMinutes(60)
      const status = await refresh(deployment)
      assert.deepEqual([...new Set(problemCodes(status))], ['trust_time_doubtful'])
      assert.match(status.problems[0].detail, /60 minutes ahead of/)
      clock.moveMinutes(-60)
      assert.equal((await enrollAndroid(deployment)).status, 201)
      assert.equal((await trustStatus(deployment)).statusList.ageSeconds, 0)
    },
    { now: clock.now },
  )
})

test('where nothing rests on it, nothing is fetched, and nothing is missing', () =>
  withWatched(
    async (deployment) => {
      const status = await refresh(deployment)
      assert.equal(status.needed, false)
      assert.deepEqual(status.problems, [])
      assert.deepEqual(deployment.publisher.requests, [])
    },
    {
      apps: '\n  wallet:\n    insecureDevelopmentDevices: true\n    enrollment: { evidence: [development] }\n',
    },
  ))

for (const [whenTooOld, codes] of [
  ['refuse', ['status_list_missing']],
  ['allow', []],
] as const) {
  test(`where nothing brings a list and policy is to ${whenTooOld}, the problems are ${codes.join() || 'none'}`, () =>
    withWatched(
      async (deployment) => {
        const status = await refresh(deployment)
        assert.deepEqual(problemCodes(status), codes)
        assert.equal(status.statusList.url, null)
        assert.equal((await enrollAndroid(deployment)).status, whenTooOld === 'allow' ? 201 : 503)
      },
      {
        attestation: `{ android: { rootsUrl: off, statusListUrl: off, whenTooOld: ${whenTooOld} }, insecureDevelopmentRoots: [attestation-root.pem] }`,
      },
    ))
}

test('a publisher that is not asked any more is no problem any more', () =>
  withWatched(async (deployment) => {
    await refresh(deployment)
    deployment.publisher.answer('/status', publish('<!doctype html>'))
    deployment.publisher.answer('/root', (_, response) => response.writeHead(500).end())
    const wrong = ['status_list_malformed', 'trust_source_unreachable']
    assert.deepEqual(problemCodes(await refresh(deployment)), wrong)
    const offline =
      '{ android: { rootsUrl: off, statusListUrl: off }, insecureDevelopmentRoots: [attestation-root.pem] }'
    const { directory, authority } = deployment
    await authority.reload(readTestConfig(directory, attestedApp(), offline))
    const status = await refresh(deployment)
    assert.deepEqual(status.problems, [])
    assert.equal(status.statusList.entries, 4)
  }))

test('a configuration that names a file which is not there changes nothing', () =>
  withWatched(async (deployment) => {
    const missing = watchedBy(
      deployment.publisher,
      '',
      'snapshot: { file: snapshot.jws, publicKeyFile: missing.pem }',
    )
    const config = readTestConfig(deployment.directory, attestedApp(), missing)
    await assert.rejects(
      deployment.authority.reload(config),
      (error) => isProblem(error) && error.code === 'config_unreadable',
    )
    assert.equal((await trustStatus(deployment)).takesSnapshot, false)
    config.attestation.snapshot = undefined as never
    config.attestation.insecureDevelopmentRoots = ['missing.pem']
    await assert.rejects(
      deployment.authority.reload(config),
      (error) => isProblem(error) && error.code === 'config_unreadable',
    )
  }))

test('neither a plain address that is not this machine, nor one with a password, is a configuration', () => {
  for (const url of [
    'http://example.com/status',
    'https://me:secret@example.com/',
    'ftp://127.0.0.1/',
    'https://',
    '',
  ]) {
    assert.throws(
      () => readTestConfig('/tmp', attestedApp(), `{ android: { statusListUrl: '${url}' } }`),
      (error) => isProblem(error) && error.code === 'config_invalid',
      url,
    )
  }
})

test('an authority that is closed while a publisher is silent does not wait for it', async () => {
  const deployment = await deployWatched()
  try {
    await refresh(deployment)
    deployment.publisher.answer('/status', () => undefined)
    const asked = deployment.publisher.requests.length
    void refresh(deployment).catch(() => undefined)
    await until(async () => deployment.publisher.requests.length > asked + 1)
    const startedAt = performance.now()
    await deployment.authority.close()
    assert.ok(performance.now() - startedAt < 5_000)
  } finally {
    await deployment.publisher.close()
    rmSync(deployment.directory, { recursive: true, force: true })
  }
})
