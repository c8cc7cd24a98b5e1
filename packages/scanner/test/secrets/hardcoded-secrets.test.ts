import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodedBytes } from '../../src/decode/encoded-bytes.ts'
import { defaultLimits } from '../../src/index.ts'
import { hardcodedSecrets } from '../../src/secrets/hardcoded-secrets.ts'
import { secretKinds } from '../../src/secrets/secret-kinds.ts'
import type { TextSource } from '../../src/text-region.ts'
import { lookAt } from '../looked-at.ts'
import { gradedSecrets, madeUpSecrets } from './made-up-secrets.ts'

const settings = {
  submittedAt: new Date('2026-11-22'),
  releaseWindowDays: 60,
  limits: defaultLimits,
}

async function findIn(text: string, source: TextSource = 'file') {
  const { findings } = await lookAt(
    [encodedBytes(settings), hardcodedSecrets(settings)],
    text,
    source,
  )
  return findings
}
const kindsOf = (findings: Awaited<ReturnType<typeof findIn>>) =>
  findings.map(({ facts }) => facts?.['kind'])

/** What stands around a secret where it lies. */
const places: Readonly<Record<TextSource, (text: string) => string>> = {
  'code-strings': (text) => `Lcom/bank/App;\n${text}\ntoString\n`,
  'native-strings': (text) => `__cxa_atexit\n${text}\nGCC: (GNU)\n`,
  script: (text) => `__d(function(g,r){var k='${text}';g.k=k},1);`,
  'resource-strings': (text) => `Sign in\n${text}\nSign out\n`,
  markup: (text) => `android.intent.action.MAIN\n${text}\n`,
  'property-list': (text) => `<key>Key</key><string>${text}</string>`,
  file: (text) => `{"key": "${text}"}\n`,
  bytes: (text) => `\u0000\u0012${text}\u0000\u00ff`,
}

test('each kind has a made-up secret, and no id is there twice', () => {
  const ids = secretKinds.map(({ id }) => id)
  assert.deepEqual(Object.keys(madeUpSecrets).sort(), [...new Set(ids)].sort())
  assert.equal(ids.length, new Set(ids).size)
  console.info(`${ids.length} kinds of secrets`)
})

for (const [kind, { text, severity, twins }] of Object.entries(madeUpSecrets)) {
  test(`${kind} is found wherever it lies`, async () => {
    for (const [source, place] of Object.entries(places)) {
      const findings = await findIn(place(text), source as TextSource)
      assert.deepEqual(kindsOf(findings), [kind], `${source}: ${text}`)
      if (severity !== undefined)
        assert.equal(findings[0]?.severity, severity, String(findings[0]?.title))
      assert.equal(findings[0]?.locations.length, 1)
    }
  })

  test(`what looks like ${kind} is not`, async () => {
    for (const twin of twins) {
      for (const [source, place] of Object.entries(places)) {
        const found = kindsOf(await findIn(place(twin), source as TextSource))
        assert.ok(!found.includes(kind), `${source}: ${twin}`)
      }
    }
  })
}

for (const [name, { text, severity }] of Object.entries(gradedSecrets)) {
  test(`${name} is ${severity}`, async () => {
    const findings = await findIn(`"${text}"`)
    assert.deepEqual(
      findings.map((finding) => finding.severity),
      [severity],
    )
  })
}

const secretOf = (kind: string) => (madeUpSecrets[kind] as { text: string }).text

test('no finding holds the secret', async () => {
  for (const [kind, { text }] of Object.entries(madeUpSecrets)) {
    if (kind === 'firebase-database' || kind === 'aws-cognito-pool') continue // public
    for (const finding of await findIn(text)) {
      const said = JSON.stringify(finding)
      const parts = text
        .split(/[^A-Za-z0-9]+/)
        .filter((part) => part.length > 16 || part === 'Rk39')
      for (const part of parts) assert.ok(!said.includes(part), `${kind}: ${said}`)
      assert.match(finding.title, /SHA-256 [0-9a-f]{8}…/)
    }
  }
})

test('one secret in several places is one finding, of ten places at most', async () => {
  const key = secretOf('sendgrid-key')
  const [finding, ...others] = await findIn(Array(25).fill(key).join('\n'))
  assert.deepEqual(others, [])
  assert.equal(finding?.locations.length, 10)
  assert.equal(finding.facts?.['places'], 25)
  assert.equal(finding.locations[1]?.offset, key.length + 1)
})

test('of one kind a hundred are listed, of every kind some', async () => {
  const tokens = Array.from({ length: 130 }, (_, index) => `squ_${hash('sha1', String(index))}`)
  const text = [...tokens, secretOf('sendgrid-key')].join('\n')
  const { findings, notChecked } = await lookAt([hardcodedSecrets(settings)], text)
  assert.equal(findings.length, 101)
  assert.deepEqual(notChecked, [
    'more than 100 secrets of one kind: others were seen in 30 places, and are not listed',
  ])
})

test('its identity is of the secret, not of the place', async () => {
  const key = secretOf('sendgrid-key')
  const [one] = await findIn(key)
  const [other] = await findIn(`and elsewhere ${key}`, 'script')
  assert.equal(one?.identity, other?.identity)
  assert.ok(!one?.identity.includes(key))
})

test('a secret in base64 is found, where the base64 begins', async () => {
  const json = JSON.stringify({ mail: { key: secretOf('sendgrid-key') } })
  const [finding] = await findIn(`config=${Buffer.from(json).toString('base64')}`)
  assert.equal(finding?.facts?.['kind'], 'sendgrid-key')
  assert.equal(finding.locations[0]?.offset, 'config='.length)
})

test('the secret of AWS is found in a pool of strings, far from its id', async () => {
  const [, id = '', key = ''] = secretOf('aws-access-key').split(/(?:id|secret)=| (?:secret=|end)/)
  const pool = ['a'.repeat(900), id, ...Array(400).fill('Lcom/bank/Some;'), key].join('\n')
  const [finding, ...others] = await findIn(pool, 'code-strings')
  assert.deepEqual(others, [])
  assert.equal(finding?.severity, 'critical')
  assert.equal(finding.confidence, 'tentative')
  assert.equal((await findIn(pool, 'file'))[0]?.severity, 'low')
})

test('any text is read to its end', async () => {
  const parts = Object.values(madeUpSecrets).flatMap(({ text, twins }) => [text, ...twins])
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(...parts),
    fc.tuple(fc.constantFrom(...parts), fc.nat(60)).map(([part, end]) => part.slice(0, end)),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
      const text = pieces.join('')
      for (const { locations } of await findIn(text, 'code-strings')) {
        for (const { offset } of locations) assert.ok((offset as number) <= text.length)
      }
    }),
    { numRuns: 400 },
  )
})

test('hostile text costs its length, not its square', async () => {
  for (const { id, literals } of secretKinds) {
    const piece = `${literals.join('')}${(literals[0] as string).repeat(40)}`
    const text = piece.repeat(Math.ceil(300_000 / piece.length))
    const before = performance.now()
    await findIn(text, 'code-strings')
    const microseconds = ((performance.now() - before) * 1000) / text.length
    assert.ok(microseconds < 8, `${id}: ${microseconds} µs a character`)
  }
})
