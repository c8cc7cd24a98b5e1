import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const modulePath = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
].find((candidate) => existsSync(candidate))
const missing = whatIsMissing()
if (missing !== undefined) {
  if (process.env['CI']) throw new Error(missing)
  console.log(`skipped: ${missing}`)
}

function whatIsMissing(): string | undefined {
  if (modulePath === undefined) return 'softhsm2 is not installed'
  try {
    createRequire(import.meta.url)('pkcs11js')
    return undefined
  } catch {
    return 'pkcs11js is not installed: set NODE_PATH to a folder that has it'
  }
}

/** What an issuing CA does: enrolment, renewal, development devices, tokens, status. */
const suites = [
  'enrollment/enroll-device',
  'enrollment/enrollment-token',
  'renewal/renew-certificate',
  'renewal/lost-answers',
  'issuance/sign-certificate',
  'exchange/hostile-exchange',
]

test('the suites of enrolment and renewal pass with every key in a token', {
  skip: missing ?? false,
  timeout: 300_000,
}, async (context) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-token-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const file = (name: string, text: string, mode = 0o600) => {
    writeFileSync(path.join(directory, name), text, { mode })
    return path.join(directory, name)
  }
  mkdirSync(path.join(directory, 'tokens'))
  const conf = file(
    'softhsm2.conf',
    `directories.tokendir = ${directory}/tokens\nlog.level = ERROR\n`,
  )
  const pin = '271828'
  const token = { module: modulePath, token: 'suite', pinFile: file('pin', `${pin}\n`) }
  const env = { ...process.env, SOFTHSM2_CONF: conf, SALLYPORT_TEST_TOKEN: JSON.stringify(token) }
  const init = [
    '--init-token',
    '--free',
    '--label',
    token.token,
    '--so-pin',
    '31415926',
    '--pin',
    pin,
  ]
  execFileSync('softhsm2-util', init, { env, stdio: 'pipe' })
  const files = suites.map((suite) =>
    fileURLToPath(new URL(`../${suite}.test.js`, import.meta.url)),
  )
  delete (env as Record<string, unknown>)['NODE_TEST_CONTEXT']
  const options = ['--test', '--test-concurrency=1', '--test-reporter=tap', ...files]
  const { stdout } = await promisify(execFile)(process.execPath, options, {
    env,
    maxBuffer: 2 ** 26,
  }).catch((error: { stdout?: string }) => {
    const failed = error.stdout?.split('\n').filter((line) => line.startsWith('not ok'))
    throw new Error(failed?.join('\n') ?? 'it could not be run')
  })
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1])
  assert.ok(passed >= 40, stdout.slice(-2_000))
  console.log(`${passed} tests passed over the token`)
  const tool = ['--module', modulePath ?? '', '--token-label', token.token, '--login', '--pin', pin]
  const objects = execFileSync('pkcs11-tool', [...tool, '--list-objects', '--type', 'privkey'], {
    env,
    encoding: 'utf8',
  })
  assert.match(objects, /device-ca-wallet-1/)
  assert.equal(
    objects.match(/Private Key Object/g)?.length,
    objects.match(/never extracta/g)?.length,
  )
})
