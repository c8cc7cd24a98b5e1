// The tests of the authority, or those in the folders that are named, with every key of a deployment in a token of PKCS#11: those of SoftHSM.
// Needs pkcs11js, beside Sallyport or in a folder of NODE_PATH. SALLYPORT_TEST_PKCS11 names another place of the shared library.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const variable = 'SALLYPORT_TEST_PKCS11'
const fixture = '../packages/authority/dist/test/fixture/token-place.js'

const { softHsmLibrary, softTokenMissing } = await import(fixture)
const library = process.env[variable] ?? softHsmLibrary ?? ''
const missing = softTokenMissing()
if (missing === undefined) process.exitCode = await test()
else {
  process.stderr.write(`${missing}\n`)
  process.exitCode = 1
}

function test() {
  const folders = process.argv.slice(2)
  const files = (folders.length === 0 ? ['**'] : folders).map(
    (folder) => `packages/authority/dist/test/${folder}/*.test.js`,
  )
  const { SOFTHSM2_CONF: _conf, ...environment } = process.env
  // Each file of tests has tokens of its own.
  const child = spawn(process.execPath, ['--test', '--test-concurrency=2', ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...environment, [variable]: library },
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
