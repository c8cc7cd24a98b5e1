import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isInToken, softHsmLibrary, softTokenMissing } from '../fixture/token-place.ts'

const missing = softTokenMissing()
if (missing !== undefined) console.log(`skipped: ${missing}`)

/** One of each thing that is signed, and of what is decrypted. The whole suite is `npm run test:pkcs11`. */
const suites = [
  'enrollment/enroll-device',
  'renewal/renew-certificate',
  'signer/scep-ra',
  'signer/published-status',
  'signer/jws',
]

test('the suites of enrolment, renewal, SCEP and status pass with every key in a token', {
  skip: missing ?? (isInToken() ? 'this run is one of them' : false),
  timeout: 120_000,
}, async () => {
  const files = suites.map((suite) =>
    fileURLToPath(new URL(`../${suite}.test.js`, import.meta.url)),
  )
  const { NODE_TEST_CONTEXT: _context, SOFTHSM2_CONF: _conf, ...environment } = process.env
  const options = ['--test', '--test-concurrency=1', '--test-reporter=tap', ...files]
  const { stdout } = await promisify(execFile)(process.execPath, options, {
    env: { ...environment, SALLYPORT_TEST_PKCS11: softHsmLibrary },
    maxBuffer: 2 ** 26,
  }).catch((error: { stdout?: string }) => {
    const failed = error.stdout?.split('\n').filter((line) => line.startsWith('not ok'))
    throw new Error(failed?.join('\n') ?? 'it could not be run')
  })
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1])
  assert.ok(passed >= 30, stdout.slice(-2_000))
  console.log(`${passed} tests passed over the token`)
})
