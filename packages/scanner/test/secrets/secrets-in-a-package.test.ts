import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { defaultLimits, type ReportedFinding, scan } from '../../src/index.ts'
import { fixture } from '../dex/assembled.ts'
import { makeZip } from '../make-zip.ts'
import { madeUpSecrets } from './made-up-secrets.ts'

const secretOf = (kind: string) => (madeUpSecrets[kind] as { text: string }).text
const named = 'f3Kd92mQpX7vLz04Tb8w'

/** Files of a package, and the kinds of secrets that each holds. */
const files: Readonly<
  Record<string, readonly [content: string | Buffer, kinds: readonly string[]]>
> = {
  'classes.dex': [fixture('constants'), ['named-key', 'named-password']],
  'assets/.env': [
    `SENDGRID_API_KEY=${secretOf('sendgrid-key')}\nAPP_NAME=Bank\n`,
    ['sendgrid-key'],
  ],
  'assets/config.properties': [`slack.token=${secretOf('slack-token')}\n`, ['slack-token']],
  'assets/google-services.json': [
    JSON.stringify({
      project_info: { project_id: 'bank-prod', firebase_url: secretOf('firebase-database') },
      client: [{ api_key: [{ current_key: secretOf('google-api-key') }], oauth_client: [] }],
    }),
    ['firebase-database', 'google-api-key'],
  ],
  'assets/prefs.xml': [
    `<?xml version='1.0' encoding='utf-8'?>\n<map>\n  <string name="gitlab">${secretOf('gitlab-token')}</string>\n</map>\n`,
    ['gitlab-token'],
  ],
  'assets/index.android.bundle': [
    `var __BUNDLE_START_TIME__=1;__d((function(g,r){r(1).configure({key:"${secretOf('openai-key')}"})}),0);`,
    ['openai-key'],
  ],
  'res/raw/service.json': [secretOf('gcp-service-account'), ['gcp-service-account']],
  'Payload/Info.plist': [
    `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>MapboxToken</key><string>${secretOf('mapbox-secret-token')}</string></dict></plist>`,
    ['mapbox-secret-token'],
  ],
  'lib/arm64-v8a/unknown.bin': [
    Buffer.concat([
      Buffer.from([0, 255, 1, 2]),
      Buffer.from(secretOf('telegram-bot-token')),
      Buffer.from([0, 0, 254]),
    ]),
    ['telegram-bot-token'],
  ],
  'assets/wide.bin': [
    Buffer.concat([
      Buffer.from([0, 0, 255, 255]),
      Buffer.from(`x ${secretOf('groq-key')} y`, 'utf16le'),
      Buffer.from([0, 0]),
    ]),
    ['groq-key'],
  ],
  'assets/nested.zip': [
    makeZip([{ name: 'deploy.txt', bytes: `token ${secretOf('npm-token')}\n` }]),
    ['npm-token'],
  ],
  'assets/encoded.txt': [
    Buffer.from(
      JSON.stringify({
        deep: Buffer.from(`token ${secretOf('figma-token')} of nobody at all, really`).toString(
          'base64',
        ),
      }),
    ).toString('base64'),
    ['figma-token'],
  ],
  'assets/public.js': [
    `init("${(madeUpSecrets['stripe-secret-key'] as { twins: readonly string[] }).twins[0]}","https://${'4'.repeat(8)}@o1.ingest.sentry.io/2")`,
    [],
  ],
}

let folder: string
let findings: readonly ReportedFinding[]

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'secrets-'))
  const file = path.join(folder, 'app.zip')
  const entries = Object.entries(files).map(([name, [bytes]]) => ({ name, bytes }))
  await writeFile(file, makeZip(entries))
  const settings = {
    submittedAt: new Date('2026-11-22'),
    releaseWindowDays: 60,
    limits: defaultLimits,
  }
  const result = await scan(file, settings)
  findings = result.findings.filter(({ rule }) => rule === 'hardcoded-secret')
})
after(() => rm(folder, { recursive: true }))

for (const [name, [, kinds]] of Object.entries(files)) {
  test(`${name} holds ${kinds.length === 0 ? 'nothing secret' : kinds.join(' and ')}`, () => {
    const here = findings.filter(({ locations }) =>
      locations.some((at) => at.path.startsWith(name)),
    )
    assert.deepEqual(here.map(({ facts }) => facts?.['kind']).toSorted(), kinds.toSorted())
  })
}

test('what is public by design is no more than told', () => {
  for (const { facts, severity } of findings) {
    const isPublic = facts?.['kind'] === 'google-api-key' || facts?.['kind'] === 'firebase-database'
    assert.equal(severity === 'info', isPublic, String(facts?.['kind']))
  }
})

test('no report holds a secret', () => {
  const said = JSON.stringify(findings)
  assert.ok(!said.includes(named))
  for (const kind of ['sendgrid-key', 'slack-token', 'openai-key', 'groq-key']) {
    assert.ok(!said.includes(secretOf(kind)), kind)
  }
})
