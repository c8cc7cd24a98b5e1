// The tests of the authority, or those in the folders that are named, on PostgreSQL: the one that SALLYPORT_TEST_POSTGRES names, or a throw-away one of
// the machine's own programs, which is stopped and taken away at the end.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const variable = 'SALLYPORT_TEST_POSTGRES'
const fixture = '../packages/authority/dist/test/fixture/postgres-cluster.js'

const given = process.env[variable] ?? ''
const cluster = given === '' ? await (await import(fixture)).startCluster() : undefined
try {
  process.exitCode = await test(cluster?.url ?? given)
} finally {
  await cluster?.close()
}

function test(url) {
  const folders = process.argv.slice(2)
  const files = (folders.length === 0 ? ['**'] : folders).map(
    (folder) => `packages/authority/dist/test/${folder}/*.test.js`,
  )
  // Much of the time goes by in waiting for the database.
  const options = ['--test', '--test-concurrency=2']
  const child = spawn(process.execPath, [...options, ...files], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, [variable]: url },
  })
  // The tests end first, then the database.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
