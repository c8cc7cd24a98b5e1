import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  endLeftOverRoles,
  type RoleProcess,
  startAuthorityRole,
} from '../acceptance/role-process.ts'
import { newDeployment } from '../production-deployment.ts'
import { binary, newFolder, sallyport } from '../sallyport.ts'
import { signInAt } from './browser.ts'
import { clientId, groups, startSignInProvider } from './sign-in-provider.ts'

describe('people sign in at oidc-provider', { timeout: 180_000 }, () => {
  const state = newFolder()
  let config: string
  let authority: RoleProcess
  let provider: Awaited<ReturnType<typeof startSignInProvider>>

  before(async () => {
    provider = await startSignInProvider()
    config = await newDeployment()
    const signIn = `    signIn:
      issuer: ${provider.issuer}
      clientId: ${clientId}
      # oidc-provider binds the ID tokens of RFC 8628 by nothing.
      insecureUnboundDevice: true
      grants:
        - { group: admins, role: admin }
        - { group: helpdesk, role: support }
`
    const text = readFileSync(config, 'utf8')
    writeFileSync(config, text.replace(/^authority:\n/m, `authority:\n  admin:\n${signIn}`))
    // Whoever signs in needs no token.
    rmSync(path.join(path.dirname(config), 'admin.token'))
    authority = await startAuthorityRole(config)
  })
  after(async () => {
    await authority.end()
    endLeftOverRoles()
    provider.end()
  })

  const env = () => ({ XDG_STATE_HOME: state, SALLYPORT_ADMIN_TOKEN: '' })
  const run = (...args: string[]) => sallyport([...args, '--config', config], { env: env() })

  /** Runs `login`, and does in a browser what it says. */
  async function login(account: string, ...args: string[]) {
    const child = spawn(process.execPath, [binary, 'login', ...args, '--config', config], {
      env: { ...process.env, NO_COLOR: '1', ...env() },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    let browsed: Promise<string> | undefined
    const hear = (chunk: Buffer) => {
      said += chunk
      const address = /(http:\/\/127\.0\.0\.1:\d+\/\S+)\s/.exec(said)?.[1]
      if (address !== undefined) browsed ??= signInAt(address, account)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const [code] = (await once(child, 'exit')) as [number]
    await browsed
    return { code, said }
  }

  for (const how of [[], ['--device']]) {
    test(`login ${how.join('')} begins a session that commands use, and logout ends it`, async () => {
      groups.set('ada', ['admins'])
      const { code, said } = await login('ada', ...how)
      assert.equal(code, 0, said)
      assert.match(said, /Signed in as ada@example\.com \(ada\), admin/)
      const kept = path.join(state, 'sallyport', 'sessions.json')
      assert.equal(statSync(kept).mode & 0o777, 0o600)
      const { token } =
        Object.values<{ token: string }>(JSON.parse(readFileSync(kept, 'utf8')))[0] ?? {}

      const me = await run('whoami', '--json')
      assert.equal(me.code, 0, me.stderr)
      const { actor, role } = JSON.parse(me.stdout)
      assert.deepEqual([actor, role], ['operator:ada@example.com (ada)', 'admin'])
      assert.equal((await run('devices', 'list')).code, 0)

      assert.equal((await run('logout')).code, 0)
      assert.equal((await run('devices', 'list')).code, 3, 'there is no token file either')
      const stolen = { ...env(), SALLYPORT_ADMIN_TOKEN: token ?? '' }
      const refused = await sallyport(['devices', 'list', '--config', config], { env: stolen })
      assert.match(refused.stderr, /admin_token_invalid/)
    })
  }

  test('whoever left the groups signs in no more', async () => {
    groups.set('grace', ['helpdesk'])
    assert.equal((await login('grace')).code, 0)
    assert.match((await run('whoami')).stdout, /support/)
    groups.set('grace', [])
    const { code, said } = await login('grace')
    assert.equal(code, 3, said)
    assert.match(said, /sign_in_refused/)
  })
})
