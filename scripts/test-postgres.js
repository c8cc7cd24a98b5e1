// The tests of the authority and of virtual devices against it, or those in the folders that are named (`store`, `virtual-device`), on PostgreSQL: the
// one that SALLYPORT_TEST_POSTGRES names, or a throw-away one of the machine's own programs, which is stopped and taken away at the end.
import { spawn } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { testsWithStore } from '../packages/authority/dist/test/fixture/tests-with-store.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const variable = 'SALLYPORT_TEST_POSTGRES'
const fixture = '../packages/authority/dist/test/fixture/postgres-cluster.js'
const store = '../packages/authority/dist/src/store/store.js'

const virtualDevice = 'virtual-device'

const given = process.env[variable] ?? ''
const cluster = given === '' ? await (await import(fixture)).startCluster() : undefined
try {
  const tables = cluster === undefined ? '' : await tablesOf(cluster)
  process.exitCode = await test(cluster?.url ?? given, tables)
} finally {
  await cluster?.close()
}

/** The tables of this version as a script in a file, for every test that begins with them. */
async function tablesOf({ directory, port, dump }) {
  const { openStore } = await import(store)
  const place = { host: directory, port, database: 'sallyport', user: 'postgres' }
  const schema = 'pristine'
  const password = () => Promise.resolve('')
  const made = await openStore({ postgres: { ...place, schema, maxConnections: 1, password } })
  await made.close()
  const file = `${directory}/tables.sql`
  writeFileSync(file, dump(schema))
  return file
}

/** Those that may open a store, but what is about SQLite alone, or has a PostgreSQL of its own in any run. */
function testFiles() {
  const folders = process.argv.slice(2)
  const named = (folders.length === 0 ? ['.', virtualDevice] : folders).map((folder) =>
    folder === virtualDevice
      ? `packages/${virtualDevice}/dist/test/**/*.test.js`
      : `packages/authority/dist/test/${folder}/**/*.test.js`,
  )
  const files = globSync(named, { cwd: root }).map((file) => root + file)
  return testsWithStore(files).filter((file) => !/\/(sqlite|postgres)[^/]*$/.test(file))
}

function test(url, tables) {
  // Much of the time goes by in waiting for the database: three files keep two processors at work.
  const options = ['--test', '--test-concurrency=3']
  const child = spawn(process.execPath, [...options, ...testFiles()], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, [variable]: url, [`${variable}_TABLES`]: tables },
  })
  // The tests end first, then the database.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
