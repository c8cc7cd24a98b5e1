import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { issuedBase } from '@sallyport/wire'
import {
  ask,
  askHttp2,
  askOnce,
  connect,
  connectHttp2,
  eventually,
  readAnswer,
} from './support/client.ts'
import { stageCode } from './support/decisions.ts'
import { type Bed, type BedOptions, route, startBed } from './support/gateway.ts'
import { startTestProvider, type TestProvider } from './support/identity-provider.ts'

/** A gateway whose only host has one route, with these settings of the token stage. */
async function bedWith(
  context: TestContext,
  provider: TestProvider,
  token: Record<string, unknown> = {},
  options: BedOptions = {},
): Promise<Bed> {
  return startBed(context, {
    hosts: {
      'api.example.com': { clientCertificate: 'optional', routes: [route({ stages: { token } })] },
    },
    identityProviders: { main: provider.settings },
    ...options,
  })
}

const bearer = (token: string) => ({ headers: [`Authorization: Bearer ${token}`] })

test('the token stage, with tokens that are bound to nothing', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider)
  const code = async (headers: string[], path = '/') => {
    const answer = await askOnce(bed, undefined, path, { headers })
    return [answer.status, answer.json()['code'] ?? 'passed']
  }

  await t.test('a valid token passes, and the service hears whose it is', async () => {
    const token = await provider.token({ client_id: 'app', scope: 'read "x"', sub: 'zoë' })
    const answer = await askOnce(bed, undefined, '/', {
      headers: [
        `Authorization: bEaReR ${token}`,
        'Sallyport-User: "root"',
        'Sallyport_User: "root"',
      ],
    })
    assert.equal(answer.status, 200)
    const { headers } = answer.json<{ headers: Record<string, string> }>()
    assert.equal(
      headers['sallyport-user'],
      '%"zo%c3%ab"; provider="main"; issuer="https://id.example.com"; client="app"; scope="read \\"x\\""',
    )
    assert.equal(headers['authorization'], `bEaReR ${token}`)
    assert.equal(headers['sallyport_user'], undefined)
  })

  await t.test(
    'without a token the answer asks for one, in each scheme that is taken',
    async () => {
      const answer = await askOnce(bed)
      assert.equal(answer.status, 401)
      assert.equal(answer.json()['code'], 'token_required')
      assert.equal(answer.json()['action'], 'refresh-token')
      assert.equal(answer.headers['content-type'], 'application/problem+json')
      // The last of the two fields.
      assert.match(
        String(answer.headers['www-authenticate']),
        /^DPoP realm="api.example.com", algs="ES256 /,
      )
      assert.doesNotMatch(String(answer.headers['www-authenticate']), /error/)
    },
  )

  await t.test('two Authorization headers are refused', async () => {
    const token = await provider.token()
    const header = `Authorization: Bearer ${token}`
    assert.deepEqual(await code([header, header]), [400, 'token_header_invalid'])
    assert.deepEqual(await code([header, 'authorization: Basic eDp5']), [
      400,
      'token_header_invalid',
    ])
  })

  await t.test('an Authorization that is no token is refused', async () => {
    assert.deepEqual(await code(['Authorization: Bearer']), [400, 'token_header_invalid'])
    assert.deepEqual(await code(['Authorization: Bearer a b']), [400, 'token_header_invalid'])
    assert.deepEqual(await code(['Authorization: Bearer a,b']), [400, 'token_header_invalid'])
    assert.deepEqual(await code(['Authorization: Basic eDp5']), [401, 'token_required'])
    assert.deepEqual(await code(['Authorization:']), [401, 'token_required'])
  })

  await t.test(
    'a token behind a tab does not slip by a route that takes requests without one',
    async () => {
      const optional = await bedWith(t, provider, { required: false, forwardToken: 'strip' })
      for (const name of ['Bearer\t', 'Bearer,', 'Bearer:', 'Bearer=x;', '"Bearer" ']) {
        const headers = [`Authorization: ${name}stolen.token`]
        const answer = await askOnce(optional, undefined, '/', { headers })
        assert.equal(answer.json()['code'], 'token_header_invalid', name)
      }
      assert.equal(optional.service.seen.length, 0)
      for (const name of ['Token', 'JWT', 'Basic']) {
        const headers = [`Authorization: ${name} stolen.token`, 'DPoP: proof']
        assert.equal((await askOnce(optional, undefined, '/', { headers })).status, 200)
        assert.equal(optional.service.seen.at(-1)?.authorization, undefined, name)
        assert.equal(optional.service.seen.at(-1)?.['dpop'], undefined, name)
      }
    },
  )

  await t.test('a token in the query is refused by name, and never logged', async () => {
    const token = await provider.token({ sub: 'mallory' })
    for (const path of [
      `/?access_token=${token}`,
      `/?a=1&access%5Ftoken=${token}`,
      `/?%61ccess_token=${token}`,
      `/?a=1;access_token=${token}`,
    ]) {
      assert.deepEqual(await code([], path), [400, 'token_in_query'], path)
      // Not even beside a good one.
      assert.deepEqual(await code([`Authorization: Bearer ${token}`], path), [
        400,
        'token_in_query',
      ])
    }
    assert.deepEqual(await code([`Authorization: Bearer ${token}`], '/?access_tokens=1&%zz=1'), [
      200,
      'passed',
    ])
    const signature = String(token.split('.')[2])
    await eventually(async () => (await readFile(bed.accessLog, 'utf8')).includes('token_in_query'))
    assert.doesNotMatch(await readFile(bed.accessLog, 'utf8'), new RegExp(signature))
    assert.doesNotMatch(JSON.stringify(bed.log), new RegExp(signature))
  })

  await t.test('a token in a form is refused by name', async () => {
    const post = async (form: string, type = 'application/x-www-form-urlencoded') => {
      const socket = await connect(bed)
      const headers = [`Content-Type: ${type}`, `Content-Length: ${form.length}`]
      socket.write(
        `POST / HTTP/1.1\r\nHost: api.example.com\r\n${headers.join('\r\n')}\r\n\r\n${form}`,
      )
      const answer = await readAnswer(socket)
      socket.destroy()
      return [answer.status, answer.json()['code']]
    }
    const token = await provider.token()
    assert.deepEqual(await post(`a=1&access_token=${token}`), [400, 'token_in_form'])
    assert.deepEqual(await post(`%61ccess_token=${token}`), [400, 'token_in_form'])
    assert.deepEqual(await post('access_tokens=1'), [401, 'token_required'])
    assert.deepEqual(await post(`access_token=${token}`, 'text/plain'), [401, 'token_required'])
    const signature = String(token.split('.')[2])
    assert.doesNotMatch(await readFile(bed.accessLog, 'utf8'), new RegExp(signature))
  })

  await t.test('a token of 64 kB ends before anything is read', async () => {
    const answer = await askOnce(bed, undefined, '/', bearer('a'.repeat(65_536)))
    assert.equal(answer.status, 431)
    assert.deepEqual(await code([`Authorization: Bearer ${'e'.repeat(16_000)}.e.e`]), [
      401,
      'token_invalid',
    ])
  })

  await t.test('what is wrong with a token is told to the operator alone', async () => {
    const forged = `${(await provider.token()).slice(0, -6)}AAAAAA`
    const answer = await askOnce(bed, undefined, '/', bearer(forged))
    assert.equal(answer.json()['code'], 'token_invalid')
    assert.equal(await stageCode(bed, answer, 'token'), 'token_signature_invalid')
  })

  await t.test('an expired token is told as such, with the scheme that it came in', async () => {
    const token = await provider.token({ exp: Math.floor(Date.now() / 1_000) - 1 })
    const answer = await askOnce(bed, undefined, '/', bearer(token))
    assert.deepEqual([answer.status, answer.json()['code']], [401, 'token_expired'])
  })

  await t.test('the log names provider and a hash of the user, and no subject', async () => {
    await askOnce(bed, undefined, '/logged', bearer(await provider.token({ sub: 'carol' })))
    const line = async () =>
      (await readFile(bed.accessLog, 'utf8')).split('\n').find((one) => one.includes('/logged'))
    await eventually(async () => (await line()) !== undefined)
    assert.match(String(await line()), /"user":"main:[A-Za-z0-9_-]{22}"/)
    assert.doesNotMatch(String(await line()), /carol/)
  })

  await t.test('keys are fetched once, and a token is verified once', async () => {
    const socket = await connect(bed)
    const token = await provider.token()
    for (let times = 0; times < 20; times++) {
      const { status } = await ask(socket, '/', bearer(token))
      assert.equal(status, 200)
    }
    socket.destroy()
    assert.equal(provider.keyRequests(), 1)
  })
})

test('a token route of a host without certificates works without a device', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await startBed(t, {
    hosts: {
      'api.example.com': {
        clientCertificate: 'off',
        routes: [route({ stages: { token: { forwardToken: 'strip' } } })],
      },
    },
    identityProviders: { main: provider.settings },
  })
  const answer = await askOnce(bed, undefined, '/', bearer(await provider.token()))
  assert.equal(answer.status, 200)
  const { headers } = answer.json<{ headers: Record<string, string> }>()
  assert.equal(headers['authorization'], undefined)
  assert.match(String(headers['sallyport-user']), /^"alice"; provider="main"/)
})

test('a route where no token is required lets requests without one through, and no bad one', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { required: false })
  assert.equal((await askOnce(bed)).status, 200)
  assert.equal(
    (await askOnce(bed, undefined, '/', { headers: ['Authorization: Basic eDp5'] })).status,
    200,
  )
  assert.equal((await askOnce(bed, undefined, '/', bearer('e30.e30.AA'))).status, 401)
  assert.equal((await askOnce(bed, undefined, '/?access_token=x')).status, 400)
})

test('in shadow mode everything passes, and what would be refused is recorded', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { mode: 'shadow', forwardToken: 'strip' })
  const good = `Bearer ${await provider.token()}`
  const passed = await askOnce(bed, undefined, '/', { headers: [`Authorization: ${good}`] })
  const { headers } = passed.json<{ headers: Record<string, string> }>()
  assert.equal(headers['authorization'], good)
  const answer = await askOnce(bed, undefined, '/', bearer('e30.e30.AA'))
  assert.equal(answer.status, 200)
  assert.equal(answer.headers['www-authenticate'], undefined)
  assert.equal(
    answer.json<{ headers: Record<string, string> }>().headers['sallyport-user'],
    undefined,
  )
})

test('each route takes tokens of the providers that it names', async (t) => {
  const main = await startTestProvider(t)
  const other = await startTestProvider(t, 'https://other.example.com')
  const bed = await startBed(t, {
    hosts: {
      'api.example.com': {
        clientCertificate: 'off',
        routes: [
          route({ stages: { token: { providers: ['main'] } } }),
          route({ match: { path: '/any/*' }, stages: { token: {} } }),
        ],
      },
    },
    identityProviders: { main: main.settings, other: other.settings },
  })
  const token = await other.token()
  const ask = async (path: string) => (await askOnce(bed, undefined, path, bearer(token))).status
  assert.deepEqual(
    [await ask('/'), await ask('/any/x'), await ask('/'), await ask('/any/x')],
    [401, 200, 401, 200],
  )
})

test('step-up: a sign-in that is too weak, or too long ago, is told what would do', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider, { acr: ['gold', 'silver'], maxAgeSeconds: 300 })
  const now = Math.floor(Date.now() / 1_000)
  const ask = async (claims: Record<string, unknown>) =>
    askOnce(bed, undefined, '/', bearer(await provider.token(claims)))
  assert.equal((await ask({ acr: 'silver', auth_time: now - 10 })).status, 200)
  for (const claims of [
    { acr: 'bronze', auth_time: now },
    { auth_time: now },
    { acr: ['gold'], auth_time: now },
    { acr: 'gold', auth_time: now - 400 },
    { acr: 'gold' },
  ]) {
    const answer = await ask(claims)
    assert.equal(answer.status, 401)
    assert.equal(answer.json()['code'], 'step_up_required')
    assert.equal(answer.json()['action'], 'step-up')
  }
})

test('a token that is ended is refused on the next request of an open connection', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider)
  const token = await provider.token({ jti: 'one', sid: 'sitting' })
  const other = await provider.token({ jti: 'two' })
  const socket = await connect(bed)
  const code = async (text: string) => {
    const answer = await ask(socket, '/', bearer(text))
    return answer.status === 200 ? 'passed' : answer.json()['code']
  }
  assert.equal(await code(token), 'passed')
  const key = hash('sha256', issuedBase(provider.issuer, 'sitting'), 'base64url')
  bed.authority.change('session', key, 'ended')
  await eventually(async () => (await code(token)) === 'token_ended')
  assert.equal(await code(other), 'passed')
  socket.destroy()
})

test('a reload keeps what was verified, until the providers are others', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider)
  const token = await provider.token()
  const socket = await connect(bed)
  const status = async () => (await ask(socket, '/', bearer(token))).status
  const configure = async (identityProviders: Record<string, unknown>, settings = {}) => {
    const routes = [route({ stages: { token: settings } })]
    await bed.writeConfig({
      hosts: { 'api.example.com': { clientCertificate: 'optional', routes } },
      identityProviders,
    })
    await bed.gateway.reload()
  }
  assert.equal(await status(), 200)
  await configure({ main: provider.settings }, { forwardToken: 'strip' })
  assert.equal(await status(), 200)
  assert.equal(provider.keyRequests(), 1)
  await configure({ main: { ...provider.settings, audience: 'https://other.example.com' } })
  assert.equal(await status(), 401)
  await configure({ main: provider.settings })
  assert.equal(await status(), 200)
  socket.destroy()
})

test('settings of the token stage that mean nothing are refused at their place', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider)
  const introspection = { clientId: 'gateway', clientSecretFile: 'client-secret' }
  await writeFile(path.join(bed.directory, 'client-secret'), 'a secret of these tests')
  const refused = async (
    settings: Record<string, unknown>,
    identityProviders: Record<string, unknown> = { main: provider.settings },
    clientCertificate = 'optional',
  ) => {
    const routes = [route({ stages: { token: settings } })]
    const hosts = { 'api.example.com': { clientCertificate, routes } }
    await bed.writeConfig({ hosts, identityProviders })
    return bed.gateway.reload().then(
      () => 'taken',
      (error: Error) => error.message,
    )
  }
  assert.equal(await refused({}), 'taken')
  assert.match(
    await refused({ providers: ['mian'] }),
    /sallyport\.yaml:\d+:\d+.*nobody is configured/s,
  )
  assert.match(await refused({}, {}), /nobody is configured/)
  assert.match(await refused({ binding: 'certificate' }, undefined, 'off'), /no client certificate/)
  assert.equal(await refused({ binding: 'dpop' }, undefined, 'off'), 'taken')
  assert.match(await refused({ binding: 'cert' }), /binding/)
  assert.match(await refused({ dpop: { algorithms: ['RS256'] } }), /algorithms/)
  const both = {
    main: { ...provider.settings, introspection },
    other: { ...provider.settings, issuer: 'https://other.example.com', introspection },
  }
  assert.match(await refused({}, both), /of several providers/)
  assert.equal(await refused({ providers: ['main'] }, both), 'taken')
})

test('over HTTP/2 too there is one Authorization, and its token counts', async (t) => {
  const provider = await startTestProvider(t)
  const bed = await bedWith(t, provider)
  const session = await connectHttp2(bed)
  const token = `Bearer ${await provider.token()}`
  const one = await askHttp2(session, { ':path': '/', authorization: token })
  assert.equal(one.status, 200)
  const none = await askHttp2(session, { ':path': '/' })
  assert.equal(none.status, 401)
  session.close()
})
