import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import path from 'node:path'
import { after, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { parse, stringify } from 'yaml'
import { quietPorts } from '@sallyport/virtual-device'
import { chosenStore } from '../../src/init/store-section.ts'
import { ask, open, type Place } from '../acceptance/connection.ts'
import type { Identity } from '../acceptance/edited-development.ts'
import { enrollOnce } from '../acceptance/enrollment.ts'
import { postgresIsMissing, requireTls, startCluster } from '../acceptance/postgres.ts'
import { endLeftOverRoles, startRole } from '../acceptance/role-process.ts'
import { binary, newFolder } from '../sallyport.ts'
import { blocksOf, shellLines } from './guide.ts'

const page = readFileSync(
  new URL('../../../../../docs/guide/postgresql.md', import.meta.url),
  'utf8',
)

after(endLeftOverRoles)

/** Runs a line as a shell does; what it said on stdout. */
function shell(cwd: string, line: string): string {
  const script = `sallyport() { '${process.execPath}' '${binary}' "$@"; }\n${line}`
  return execFileSync('bash', ['-euc', script], { cwd, encoding: 'utf8', stdio: 'pipe' })
}

const lineOf = (words: string): string => {
  const line = shellLines(page).find((one) => one.includes(words))
  assert.ok(line, words)
  return line
}

/** Has all of it listen on ports that are free, and takes phones of development beside the app. */
async function edit(file: string) {
  const config = parse(readFileSync(file, 'utf8'))
  const [device, admin, operations, gateway, gatewayOperations] = await quietPorts(5)
  const { listeners } = config.authority
  listeners.device.listen = `127.0.0.1:${device}`
  listeners.admin.listen = `127.0.0.1:${admin}`
  listeners.operations.listen = `127.0.0.1:${operations}`
  config.admin.url = config.gateway.authority.url = `https://localhost:${admin}`
  config.gateway.listen = [`127.0.0.1:${gateway}`]
  config.gateway.operations.listen = `127.0.0.1:${gatewayOperations}`
  config.gateway.insecureDevelopmentDevices = true
  const enrollment = { evidence: ['development'] }
  config.apps.demo = { insecureDevelopmentDevices: true, enrollment }
  writeFileSync(file, stringify(config))
  return { device, gateway: Number(gateway), listeners, gatewayOperations }
}

test('a deployment begins, serves, revokes, is backed up and moves as the page about PostgreSQL says', {
  skip: postgresIsMissing(),
  timeout: 120_000,
}, async (t) => {
  const cluster = await startCluster()
  t.after(() => cluster.close())
  const production = newFolder()
  const at = (...names: string[]) => path.join(production, ...names)
  writeFileSync(at('postgres-ca.crt'), await requireTls(cluster))
  // The database is there already.
  const [role = ''] = (blocksOf(page, 'sql')[0] ?? '').split(';')
  await cluster.run(`${role}; alter database sallyport owner to sallyport`)
  writeFileSync(at('postgres.password'), 'change me\n', { mode: 0o600 })

  const made = lineOf('sallyport init').replace('db.internal', `localhost:${cluster.port}`)
  const answers = '--trust-domain example.com --passphrase-file --yes'
  const told = shell(production, `${made} ${answers}`)
  assert.match(told, /schema sallyport of database sallyport at localhost {2}the state/)
  const file = at('sallyport.yaml')
  const [ofPage = ''] = blocksOf(page, 'yaml')
  assert.deepEqual(parse(readFileSync(file, 'utf8')).store, {
    postgres: { ...parse(ofPage).store.postgres, host: 'localhost', port: cluster.port },
  })
  const again = `${made} ${answers} --dir another`
  assert.throws(() => shell(production, again), /store_not_empty/)

  const { device, gateway, listeners, gatewayOperations } = await edit(file)
  const authority = await startRole('authority', file, listeners.operations.listen)
  const gatewayRole = await startRole('gateway', file, `127.0.0.1:${gatewayOperations}`)
  const ca = readFileSync(at('certificates', 'service-ca.crt'), 'utf8')
  const agent = new https.Agent({ ca, servername: 'enroll.example.com', keepAlive: true })
  t.after(() => agent.destroy())
  const enrolled = await enrollOnce(`https://127.0.0.1:${device}`, agent)
  assert.ok(enrolled)
  const place: Place = { port: gateway, host: 'api.example.com', ca }
  // Whom it lets in finds no service behind it.
  assert.equal(await statusOf(place, enrolled), 502)
  shell(production, `sallyport devices revoke ${enrolled.issued.deviceId} --yes`)
  assert.equal(await statusOf(place, enrolled), 403)
  shell(production, 'sallyport store backup backup.gz')
  await gatewayRole.end()
  await authority.end()

  assert.match(shell(production, 'sallyport store migrate'), /of this version/)
  const config = parse(readFileSync(file, 'utf8'))
  const withStore = (name: string, store: object) =>
    writeFileSync(at(name), stringify({ ...config, store }))
  withStore('restored.yaml', { postgres: { ...config.store.postgres, schema: 'restored' } })
  withStore('file.yaml', { path: 'state/sallyport.db' })
  withStore('postgres.yaml', { postgres: { ...config.store.postgres, schema: 'moved' } })
  shell(production, 'sallyport store restore backup.gz --config restored.yaml')
  const back = shell(production, 'sallyport store copy file.yaml')
  const there = shell(production, `${lineOf('store copy')} --config file.yaml`)
  assert.match(there, /^\d+ rows/)
  assert.equal(there, back)

  const moved = at('postgres.yaml')
  const next = await startRole('authority', moved, listeners.operations.listen)
  const shown = shell(
    production,
    `sallyport devices show ${enrolled.issued.deviceId} --config postgres.yaml --json`,
  )
  assert.equal(JSON.parse(shown).device.status, 'revoked')
  assert.match(shell(production, 'sallyport audit verify --config postgres.yaml'), /row/)
  await next.end()
})

async function statusOf(place: Place, identity: Identity): Promise<number> {
  const socket = await open(place, identity)
  try {
    return (await ask(socket, place)).status
  } finally {
    socket.destroy()
  }
}

for (const [address, says] of [
  ['mysql://a@b/c', /not the address of a database/],
  ['postgres://a:secret@b/c', /holds a password/],
  ['postgres://a@b/c?sslmode=disable', /not known: sslmode/],
  ['postgres://a@b/c', /would not be encrypted/],
  ['postgres://a@localhost/c?schema=A-B', /schema/],
  ['postgres://localhost/c', /user/],
  ['postgres://a@localhost/%zz', /not the address/],
  ['postgres://a@db.internal/c?sslrootcert=nowhere.crt', /nowhere\.crt/],
] as const) {
  test(`init does not keep its state at ${address}`, async () => {
    const input = { arguments: [], options: { store: address } }
    await assert.rejects(chosenStore(input, newFolder()), (error) => {
      assert.ok(isProblem(error))
      assert.match(`${error.detail} ${JSON.stringify(error)}`, says)
      return true
    })
  })
}
