import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import { after, afterEach, before, describe, it } from 'node:test'
import type { AcmeAccount } from '@sallyport/virtual-device'
import { type AcmeDeployment, deployAcme } from './acme-deployment.ts'

const minute = 60_000

describe('http-01', () => {
  let deployment: AcmeDeployment
  let account: AcmeAccount
  let server: Server | undefined
  before(async () => {
    deployment = await deployAcme()
    account = await deployment.open()
  })
  afterEach(async () => {
    server?.closeAllConnections()
    await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)))
    server = undefined
  })
  after(() => deployment.close())

  const listen = (listener: RequestListener) =>
    new Promise<void>((resolve) => {
      server = createServer(listener).listen(deployment.validationPort, '127.0.0.1', resolve)
    })
  const begin = async (value = 'plain.example.internal') => {
    const identifiers = [{ type: 'dns', value }]
    const order = await account.post(String(account.directory['newOrder']), { identifiers })
    const { body } = await account.post(String(order.body.authorizations[0]))
    const [challenge] = body.challenges as { url: string; token: string }[]
    assert.ok(challenge !== undefined)
    return { order, challenge, expected: `${challenge.token}.${account.thumbprint}` }
  }

  it('asks for the key authorization by the name, and makes the order ready', async () => {
    const { order, challenge, expected } = await begin('Web.Example.Internal')
    const asked: unknown[] = []
    await listen((request, response) => {
      asked.push([request.headers.host, request.url])
      response.end(`${expected}\n`)
    })
    const answer = await account.post(challenge.url, {})
    assert.equal(answer.body.status, 'valid', answer.text)
    assert.match(String(answer.headers['link']), /rel="up"/)
    const path = `/.well-known/acme-challenge/${challenge.token}`
    assert.deepEqual(asked, [['web.example.internal', path]])
    const { body } = await account.post(String(order.headers['location']))
    assert.equal(body.status, 'ready')
  })

  const wrong: readonly { name: string; type: string; listener?: RequestListener }[] = [
    { name: 'nobody answers', type: 'connection' },
    {
      name: 'another text is answered',
      type: 'incorrectResponse',
      listener: (_request, response) => response.end('another'),
    },
    {
      name: 'it is sent elsewhere',
      type: 'incorrectResponse',
      listener: (_request, response) =>
        response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    },
    {
      name: 'the answer has no end',
      type: 'connection',
      listener: (_request, response) => {
        const write = () =>
          void (response.destroyed || (response.write('x'.repeat(500)), setTimeout(write, 5)))
        write()
      },
    },
    {
      name: 'no answer comes',
      type: 'connection',
      listener: () => undefined,
    },
  ]
  for (const { name, type, listener } of wrong) {
    it(`makes the order invalid where ${name}`, { timeout: minute }, async () => {
      const { order, challenge } = await begin()
      let asked = 0
      if (listener !== undefined) {
        await listen((request, response) => {
          asked++
          listener(request, response)
        })
      }
      const answer = await account.post(challenge.url, {})
      assert.equal(answer.body.status, 'invalid', answer.text)
      assert.equal(answer.body.error.type, `urn:ietf:params:acme:error:${type}`, answer.text)
      assert.ok(asked <= 3)
      const { body } = await account.post(String(order.headers['location']))
      assert.equal(body.status, 'invalid')
      assert.equal(body.error.type, answer.body.error.type)
    })
  }
})

describe('http-01 without a target of tests', () => {
  let deployment: AcmeDeployment
  before(async () => {
    deployment = await deployAcme({
      validation: '',
      names: '[localhost]',
      acme: 'privateAddresses: true',
    })
  })
  after(() => deployment.close())

  it('asks no address of this machine, whatever a name resolves to', async () => {
    const account = await deployment.open()
    const identifiers = [{ type: 'dns', value: 'localhost' }]
    const order = await account.post(String(account.directory['newOrder']), { identifiers })
    const { body } = await account.post(String(order.body.authorizations[0]))
    const answer = await account.post(String(body.challenges[0].url), {})
    assert.equal(answer.body.error.type, 'urn:ietf:params:acme:error:connection', answer.text)
    const { requestId } = answer.body.error
    const explained = await deployment.admin(`/admin/v1/decisions/${requestId}`)
    assert.match(explained.text, /which is loopback/)
  })
})
