import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import {
  endLeftOverRoles,
  type RoleProcess,
  startAuthorityRole,
} from '../acceptance/role-process.ts'
import { newDeployment } from '../production-deployment.ts'
import { sallyport } from '../sallyport.ts'

let config: string
let authority: RoleProcess
before(async () => {
  config = await newDeployment()
  authority = await startAuthorityRole(config)
})
after(async () => {
  await authority.end()
  endLeftOverRoles()
})

const run = (...args: string[]) => sallyport([...args, '--config', config])
const tokenFile = () => path.join(path.dirname(config), 'admin.token')

test('the first command puts a token of 30 days in the place of the first one, also where it makes one that may less', async () => {
  const first = readFileSync(tokenFile(), 'utf8').trim()
  const made = await run('tokens', 'create', '--admin', '--role', 'viewer')
  assert.equal(made.code, 0, made.stderr)
  assert.notEqual(readFileSync(tokenFile(), 'utf8').trim(), made.stdout.trim())
  const lasting = readFileSync(tokenFile(), 'utf8').trim()
  assert.notEqual(lasting, first)
  assert.equal(statSync(tokenFile()).mode & 0o777, 0o600)
  assert.equal((await run('tokens', 'list', '--admin')).code, 0)

  // Whoever kept the first one has nothing.
  const env = { SALLYPORT_ADMIN_TOKEN: first }
  const refused = await sallyport(['devices', 'list', '--config', config], { env })
  assert.equal(refused.code, 3)
  assert.match(refused.stderr, /admin_token_invalid/)
})

test('a narrowed token does what it names; one made offline needs none before it', async () => {
  const narrow = ['--role', 'operator', '--only', 'read', '--network', '127.0.0.0/8']
  const made = await run('tokens', 'create', '--admin', ...narrow)
  assert.equal(made.code, 0, made.stderr)
  const env = { SALLYPORT_ADMIN_TOKEN: made.stdout.trim() }
  assert.equal((await sallyport(['devices', 'list', '--config', config], { env })).code, 0)
  const refused = await sallyport(['tokens', 'create', '--config', config], { env })
  assert.match(refused.stderr, /admin_scope_too_narrow/)

  const offline = await run('tokens', 'create', '--admin', '--role', 'admin', '--offline')
  assert.equal(offline.code, 0, offline.stderr)
  const own = { SALLYPORT_ADMIN_TOKEN: offline.stdout.trim() }
  const audit = await sallyport(['audit', 'verify', '--config', config], { env: own })
  assert.equal(audit.code, 0, audit.stderr)
})
