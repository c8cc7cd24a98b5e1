import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { createVerifier } from '../src/index.ts'
import { type Answer, follow } from './follow-authority.ts'
import { createAuthoritySigner, documentOf } from './support-authority.ts'
import { createSigner, issuer } from './support.ts'

const now = () => Math.floor(Date.now() / 1_000)
const away: Answer = (_request, response) => void response.destroy()

function cachePlace(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-verify-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return path.join(directory, 'gateway-keys.jws')
}

async function parties() {
  const [authority, signer] = await Promise.all([createAuthoritySigner(), createSigner()])
  return { authority, signer, keys: { [issuer]: [signer.jwk] } }
}

/** A file is written behind the service's back. */
async function written(file: string, jws: string): Promise<void> {
  const until = Date.now() + 60_000
  const content = () => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return undefined
    }
  }
  while (content() !== jws) {
    assert(Date.now() < until, `${file} was not written within 60 s`)
    await new Promise((done) => setTimeout(done, 10))
  }
}

describe('a service whose authority is away', { concurrency: true }, () => {
  test('starts from the last word in its file, tells its age, and hears the authority when it is back', async (t) => {
    const { authority, signer, keys } = await parties()
    const cacheFile = cachePlace(t)
    const service = await follow(t, authority, { cacheFile })
    const jws = await documentOf(authority, keys, { iat: now() - 100, seq: 4 })
    service.says(jws)
    service.start()
    assert.equal(await service.ask(signer), 'served')
    assert.equal(service.health()?.from, 'authority')
    await written(cacheFile, jws)
    assert.deepEqual(readdirSync(path.dirname(cacheFile)), [path.basename(cacheFile)])
    assert.equal(statSync(cacheFile).mode & 0o777, 0o600)
    service.stop()

    const started = await follow(t, authority, { cacheFile })
    started.answers(away)
    started.start()
    assert.equal(await started.ask(signer), 'served')
    const health = started.health()
    assert.deepEqual([health?.state, health?.from], ['stale', 'file'])
    assert((health?.ageSeconds ?? 0) >= 100 && (health?.usableForSeconds ?? 0) <= 800)
    assert((health?.failures ?? 0) >= 1)

    // What is older than the file is no answer, as it would be none without a restart.
    started.says(await documentOf(authority, keys, { seq: 3 }))
    await started.until(() => started.failures.some((failure) => failure.includes('older')))
    started.says(await documentOf(authority, {}, { seq: 5 }))
    await started.until(() => started.states.includes('fresh'))
    assert.equal(await started.ask(signer), 'assertion_invalid')
    assert.deepEqual(started.states, ['stale', 'fresh'])
    assert.equal(started.health()?.from, 'authority')
  })

  test('a gateway that was revoked while the service was down is not believed for the file of it', async (t) => {
    const { authority, signer, keys } = await parties()
    const cacheFile = cachePlace(t)
    writeFileSync(cacheFile, await documentOf(authority, keys, { seq: 4 }))
    const service = await follow(t, authority, { cacheFile })
    const answer = await documentOf(authority, {}, { seq: 5 })
    service.answers((_request, response) => void setTimeout(() => response.end(answer), 200))
    service.start()
    assert.equal(await service.ask(signer), 'assertion_invalid')
  })

  test('a file that the authority did not sign so, now and whole, is never believed', async (t) => {
    const { authority, signer, keys } = await parties()
    const stranger = await createAuthoritySigner()
    const good = await documentOf(authority, keys)
    const [header, payload, signature = ''] = good.split('.')
    const hostile: Record<string, string> = {
      nothing: '',
      'no JWS': '{"keys":[]}',
      'by another key of the same name': await documentOf(stranger, keys),
      'a cut signature': `${header}.${payload}.${signature.slice(1)}`,
      'another message of the feed': await documentOf(authority, keys, { type: 'keys' }),
      'of yesterday': await documentOf(authority, keys, { iat: now() - 86_400 }),
      'of tomorrow': await documentOf(authority, keys, { iat: now() + 86_400 }),
      'five megabytes': `${good}${'A'.repeat(5_000_000)}`,
    }
    for (const [what, jws] of Object.entries(hostile)) {
      await t.test(what, async (t) => {
        const cacheFile = cachePlace(t)
        writeFileSync(cacheFile, jws)
        const service = await follow(t, authority, { cacheFile })
        service.start()
        assert.equal(await service.ask(signer), 'keys_unavailable')
        assert.match(service.failures[0] ?? '', /cacheFile .*gateway-keys\.jws: not believed: /)
        assert.deepEqual(service.states, ['unavailable'])
      })
    }
    await t.test('a folder', async (t) => {
      const cacheFile = cachePlace(t)
      mkdirSync(cacheFile)
      const service = await follow(t, authority, { cacheFile })
      service.says(good)
      service.start()
      assert.equal(await service.ask(signer), 'served')
      await service.until(() => service.failures.length > 1)
      assert.match(service.failures[0] ?? '', /no file of at most/)
      // Nor is it written, which is told, and keeps nobody from being served.
      assert.match(service.failures[1] ?? '', /not written/)
      assert.deepEqual(readdirSync(path.dirname(cacheFile)), [path.basename(cacheFile)])
    })
    await t.test('none: the first start', async (t) => {
      const service = await follow(t, authority, { cacheFile: cachePlace(t) })
      service.says(good)
      service.start()
      assert.equal(await service.ask(signer), 'served')
      assert.deepEqual(service.failures, [])
    })
  })

  test('is told before it refuses, once for each state, and again when the authority is heard', async (t) => {
    const { authority, signer, keys } = await parties()
    let ahead = 0
    const service = await follow(t, authority, { now: () => Date.now() + ahead })
    service.says(await documentOf(authority, keys))
    service.start()
    assert.equal(await service.ask(signer), 'served')
    service.answers(away)
    await service.until(() => service.states.includes('stale'))
    ahead = 610_000
    await service.until(() => service.states.includes('expiring'))
    assert.equal(await service.ask(signer), 'served')
    ahead = 901_000
    await service.until(() => service.states.includes('expired'))
    assert.equal(await service.ask(signer), 'keys_expired')
    assert.equal(service.health()?.usableForSeconds, 0)
    assert((service.health()?.ageSeconds ?? 0) >= 901)
    service.says(await documentOf(authority, keys, { iat: now() + 901 }))
    await service.until(() => service.states.at(-1) === 'fresh')
    assert.deepEqual(service.states, ['fresh', 'stale', 'expiring', 'expired', 'fresh'])
    assert.equal(service.health()?.failures, 0)
  })

  test('goes on for as long as the authority says, or for less where the service says less', async (t) => {
    const { authority, signer, keys } = await parties()
    const after: Record<number, readonly [string, string]> = {
      250: ['served', 'served'],
      310: ['served', 'keys_expired'],
      3_500: ['served', 'keys_expired'],
      3_610: ['keys_expired', 'keys_expired'],
    }
    let ahead = 0
    const started = await Promise.all(
      [{}, { outageSeconds: 300 }].map(async (options) => {
        const service = await follow(t, authority, { ...options, now: () => Date.now() + ahead })
        service.says(await documentOf(authority, keys, { exp: now() + 3_600 }))
        service.start()
        assert.equal(await service.ask(signer), 'served')
        service.answers(away)
        return service
      }),
    )
    for (const [seconds, expected] of Object.entries(after)) {
      ahead = Number(seconds) * 1_000
      const answers = await Promise.all(started.map((service) => service.ask(signer)))
      assert.deepEqual(answers, expected, `${seconds} s`)
    }
  })
})

test('a hook that throws is a warning of the process, and neither lets in nor stops the following', async (t) => {
  const { authority, signer, keys } = await parties()
  const warnings: string[] = []
  const listen = ({ message }: Error) => void warnings.push(message)
  process.on('warning', listen)
  t.after(() => process.off('warning', listen))
  const service = await follow(t, authority, {
    onFailed: () => assert.fail('by onFailed'),
    onHealth: () => assert.fail('by onHealth'),
  })
  service.answers(away)
  service.start()
  assert.equal(await service.ask(signer), 'keys_unavailable')
  service.says(await documentOf(authority, keys))
  await service.until(() => service.fetches() > 1)
  while ((await service.ask(signer)) !== 'served') await new Promise((done) => setImmediate(done))
  const verifier = createVerifier({
    audience: 'accounts',
    gateways: [{ issuer, jwksFile: 'none.json' }],
    onRefused: () => assert.fail('by onRefused'),
  })
  const refused = verifier.verify({ method: 'GET', target: '/', assertion: undefined })
  await assert.rejects(refused, { code: 'assertion_missing' })
  assert.equal(verifier.health(), undefined)
  // Warnings come with the next tick.
  await new Promise((done) => setImmediate(done))
  for (const hook of ['onFailed', 'onHealth', 'onRefused']) {
    assert(warnings.some((warning) => warning.includes(`by ${hook}`)))
  }
})
