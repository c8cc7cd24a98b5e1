import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, afterEach, before, describe, it } from 'node:test'
import { type AcmeAnswer, newAcmeKey } from '@sallyport/virtual-device'
import {
  type HeldAuthority,
  holdAuthority,
  overtakeEverywhere,
  type Race,
} from '../fixture/held-authority.ts'
import { assertNothingHeldAgainst, assertSound } from '../fixture/sound-store.ts'
import { type AcmeDeployment, deployAcme } from '../protocols/acme/acme-deployment.ts'
import {
  type Account,
  acmeAt,
  acmeUrl,
  acmeWords,
  type Words,
} from '../protocols/acme/acme-words.ts'

for (const approval of ['none', 'required']) {
  describe(`ACME with approval ${approval}, overtaken at any point`, () => {
    let deployment: AcmeDeployment
    let held: HeldAuthority
    let server: Server
    let client: ReturnType<typeof acmeWords>
    before(async () => {
      const enrollment = `approval: ${approval}`
      const acme = `url: '${acmeUrl}'\n        maxPerHour: 100000`
      deployment = await deployAcme({ acme, enrollment })
      held = await holdAuthority(deployment)
      client = acmeWords(deployment)
      server = createServer((_request, response) => response.end(client.expected[0] ?? 'gone'))
      const { promise, resolve } = Promise.withResolvers<void>()
      server.listen(deployment.validationPort, '127.0.0.1', resolve)
      await promise
    })
    after(async () => {
      await new Promise((resolve) => server.close(resolve))
      await held.close()
      await deployment.close()
    })
    afterEach(() => assertSound(held.authority.store))

    const say = (words: Words) => client.say(held.urls.device, words)
    const ask = (words: Words) => client.ask(words)
    const asAccount = (account: Account, payload?: object): Words => ({
      to: account.kid,
      ...(payload === undefined ? {} : { payload }),
      ...account,
    })

    const idOf = ({ kid }: Account) => kid.slice(kid.lastIndexOf('/') + 1)
    const isOpen = (status: string) => status !== 'valid' && status !== 'invalid'
    const ordersOf = async (account: Account): Promise<string[]> => {
      const orders = await held.authority.store.snapshotRead((read) =>
        read
          .selectFrom('acme_orders')
          .select('status')
          .where('account_id', '=', idOf(account))
          .execute(),
      )
      return orders.map(({ status }) => status)
    }

    /** What may wait for somebody. */
    const waiting: Record<string, () => Promise<Words>> = {
      'the end of an order of a phone': async () => (await client.ready()).finishing,
      async 'the question for an order that was approved'() {
        const { place, account } = await client.finished()
        return { to: place, ...account }
      },
      'the end of an order, again when it was approved': async () =>
        (await client.finished()).finishing,
    }
    const others: Record<string, () => Promise<Words>> = {
      'an account with a credential': () => client.accountWords(),
      'the answer to device-attest-01': async () => (await client.phoneOrder()).answering,
      'the answer to http-01, which is gone when it was met': async () =>
        (await client.serverOrder()).answering,
      'the end of an order of a server': async () =>
        (await client.ready(client.serverOrder)).finishing,
      'the change of nothing of an account': async () => asAccount(await client.open(), {}),
    }
    const repeated = approval === 'none' ? { ...waiting, ...others } : waiting
    for (const [name, make] of Object.entries(repeated)) {
      it(`by the same words is answered as those: ${name}`, async () => {
        await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
          const words = await make()
          let first: AcmeAnswer | undefined
          return {
            send: () => say(words),
            async meanwhile() {
              first = await ask(words)
              // A server takes its answer away when its challenge was met.
              client.expected.length = 0
            },
            check(answer) {
              assert.ok(answer.status < 300, answer.text)
              assert.deepEqual(answer.body, first?.body)
              assert.deepEqual(answer.headers['location'], first?.headers['location'])
            },
          }
        })
        await assertNothingHeldAgainst(held.authority)
      })
    }

    it('answers whoever asks for an order while it is finished', async () => {
      await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
        const { place, account, finishing } = await client.ready()
        return {
          send: () => say({ to: place, ...account }),
          async meanwhile() {
            await ask(finishing)
            await client.approveAll()
            await ask(finishing)
          },
          check(answer) {
            assert.equal(answer.status, 200, answer.text)
            assert.match(String(answer.body.status), /^(?:ready|processing|valid)$/)
          },
        }
      })
    })

    // What follows is the same whoever has to agree.
    if (approval !== 'none') return

    it('makes no account again that was deactivated meanwhile', async () => {
      await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
        const words = await client.accountWords()
        let isFirst = false
        return {
          send: () => say(words),
          async meanwhile() {
            const { status, headers } = await ask(words)
            isFirst = status === 201
            const account = { key: words.key, kid: String(headers['location']) }
            await ask(asAccount(account, { status: 'deactivated' }))
          },
          check: ({ status, text }) => assert.equal(status, isFirst ? 401 : 201, text),
        }
      })
    })

    it('counts an order that is finished twice once', async () => {
      const orders = async () => {
        const texts = [await held.authority.metrics.text()]
        texts.push((await deployment.operations('/metrics')).text)
        const lines = texts.join('\n').match(/^sallyport_authority_acme_orders_total\{.*$/gm)
        return (lines ?? []).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
      }
      for (const make of [() => client.phoneOrder(), client.serverOrder]) {
        const before = await orders()
        const points = await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
          const { finishing } = await client.finished(make)
          return { send: () => say(finishing), meanwhile: () => ask(finishing), check: () => {} }
        })
        // And the last of them, which nobody overtook.
        assert.equal((await orders()) - before, points + 1)
      }
    })

    it('makes an order of each of two words for one, as RFC 8555 has it', async () => {
      await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
        const account = await client.open()
        const payload = { identifiers: [{ type: 'permanent-identifier', value: 'TW0ORDERS' }] }
        const words = { to: acmeAt('new-order'), payload, ...account }
        return {
          send: () => say(words),
          meanwhile: () => ask(words),
          check: (answer) => assert.equal(answer.status, 201, answer.text),
        }
      })
    })

    it('revokes once, and says so', async () => {
      await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
        const { place, account } = await client.finished()
        const { body } = await ask({ to: place, ...account })
        const chain = await ask({ to: String(body.certificate), ...account })
        const [, text = ''] = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(chain.text) ?? []
        const certificate = Buffer.from(text, 'base64').toString('base64url')
        const words = { to: acmeAt('revoke-cert'), payload: { certificate }, ...account }
        let first: AcmeAnswer | undefined
        return {
          send: () => say(words),
          async meanwhile() {
            first = await client.say(client.here(), words)
          },
          check(answer) {
            const refused = answer.status === 200 ? first : answer
            assert.equal(refused?.body.type, 'urn:ietf:params:acme:error:alreadyRevoked')
            assert.ok([answer.status, first?.status].includes(200))
          },
        }
      })
    })

    const ends: Record<string, (account: Account) => Words> = {
      deactivated: (account) => asAccount(account, { status: 'deactivated' }),
      'given another key': (account) => client.keyChange(account, newAcmeKey()),
    }
    for (const [how, wordsOf] of Object.entries(ends)) {
      it(`gives no other key to an account that was ${how} meanwhile`, async () => {
        await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
          const account = await client.open()
          const next = newAcmeKey()
          let isFirst = false
          return {
            send: () => say(client.keyChange(account, next)),
            async meanwhile() {
              // Where it has the new key already, the old one says nothing any more.
              isFirst = (await client.say(client.here(), wordsOf(account))).status === 200
            },
            async check(answer) {
              assert.equal(answer.status === 200, !isFirst, answer.text)
              const taken = await client.say(client.here(), asAccount({ ...account, key: next }))
              assert.equal(taken.status === 200, !isFirst, taken.text)
            },
          }
        })
      })
    }

    it('finishes nothing for an account that was deactivated meanwhile, and is told so once', async () => {
      await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
        const own = await client.open()
        const { account, finishing } = await client.ready(() => client.phoneOrder(own))
        let before: string[] = []
        return {
          send: () => say(finishing),
          async meanwhile() {
            before = await ordersOf(account)
            await ask(ends['deactivated']!(account))
          },
          async check() {
            const valid = before.includes('valid') ? ['valid'] : ['invalid']
            assert.deepEqual(await ordersOf(account), valid)
          },
        }
      })
    })

    it('begins no order for an account that was deactivated meanwhile', async () => {
      await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
        const account = await client.open()
        const payload = { identifiers: [{ type: 'permanent-identifier', value: 'T00LATE' }] }
        return {
          send: () => say({ to: acmeAt('new-order'), payload, ...account }),
          meanwhile: () => ask(ends['deactivated']!(account)),
          check: async () => assert.deepEqual((await ordersOf(account)).filter(isOpen), []),
        }
      })
    })

    it('deactivates once', async () => {
      await overtakeEverywhere(held, async (): Promise<Race<AcmeAnswer>> => {
        const account = await client.open()
        const words = ends['deactivated']!(account)
        return {
          send: () => say(words),
          meanwhile: () => ask(words),
          async check() {
            const id = idOf(account)
            const { body } = await deployment.admin(
              `/admin/v1/audit?action=acme-account.deactivated&subject=${id}`,
            )
            assert.equal(body.rows.length, 1)
          },
        }
      })
    })
  })
}
