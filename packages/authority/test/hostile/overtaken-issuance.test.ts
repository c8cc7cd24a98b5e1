import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Store } from '../../src/store/store.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  type HeldAuthority,
  holdAuthority,
  overtakeEverywhere,
  type Race,
} from '../fixture/held-authority.ts'
import type { HttpAnswer } from '../fixture/http-call.ts'
import { type Key, spkiOf } from '../fixture/phone.ts'
import { assertSound } from '../fixture/sound-store.ts'
import { askToEnroll } from '../fixture/user-phone.ts'

describe('a certificate that gateways are told to refuse while it is issued', () => {
  let deployment: Deployment
  let held: HeldAuthority
  before(async () => {
    deployment = await deploy()
    held = await holdAuthority(deployment)
  })
  after(async () => {
    await held.close()
    await deployment.close()
  })
  afterEach(() => assertSound(held.authority.store))

  const admin = async (path: string, body: object = {}): Promise<void> => {
    const answer = await deployment.admin(`/admin/v1/${path}`, { body })
    assert.ok(answer.status < 300, answer.text)
  }
  const read: Store['snapshotRead'] = (work) => held.authority.store.snapshotRead(work)
  const certificatesOf = (key: Key) =>
    read((store) =>
      store
        .selectFrom('certificates')
        .select(['thumbprint', 'issuer_id'])
        .where('spki_sha256', '=', createHash('sha256').update(spkiOf(key)).digest('base64url'))
        .execute(),
    )
  const outcome = ({ status, body }: HttpAnswer) => `${status} ${body?.code ?? ''}`.trim()

  it('is under no CA that was withdrawn, and the next one is under another', async () => {
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const { key, send } = await askToEnroll(held, {})
      const issuers = () =>
        read((store) =>
          store
            .selectFrom('issuers')
            .select(['id', 'status'])
            .where('app_id', '=', 'wallet')
            .where('kind', '=', 'development')
            .execute(),
        )
      let known = 0
      return {
        send: () => send(),
        async meanwhile() {
          known = (await certificatesOf(key)).length
          const active = (await issuers()).find(({ status }) => status === 'active')
          await admin(`issuers/${active?.id}/withdraw`)
        },
        async check(answer) {
          const withdrawn = (await issuers()).filter(({ status }) => status === 'revoked')
          const under = await certificatesOf(key)
          const isBelieved = under.every(
            ({ issuer_id }) => !withdrawn.some(({ id }) => id === issuer_id),
          )
          assert.ok(known === 1 || isBelieved)
          assert.match(outcome(answer), /^201$|^503 /)
          await held.authority.refreshIssuers()
          assert.equal(outcome(await send()), '201')
        },
      }
    })
  })

  it('is not handed out where it was refused before it was registered', async () => {
    const { signer } = held.authority
    let signed = ''
    const deviceCertificate: typeof signer.deviceCertificate = async (order) => {
      const answer = await signer.deviceCertificate(order)
      const der = Buffer.from(answer.certificate, 'base64url')
      signed = createHash('sha256').update(der).digest('base64url')
      return answer
    }
    Object.defineProperty(held.authority, 'signer', {
      value: Object.create(signer, { deviceCertificate: { value: deviceCertificate } }),
      configurable: true,
    })
    await overtakeEverywhere(held, async (): Promise<Race<HttpAnswer>> => {
      const { key, send } = await askToEnroll(held, {})
      signed = ''
      return {
        send: () => send(),
        async meanwhile() {
          if (signed === '') return
          const notAfter = new Date(Date.now() + 30 * 86_400_000).toISOString()
          await admin('certificates/refuse', { certificates: [{ thumbprint: signed, notAfter }] })
        },
        async check(answer) {
          assert.match(outcome(answer), /^201$|^503 authority_busy$/)
          const refused = await read((store) =>
            store.selectFrom('unconfirmed_status').select('key').execute(),
          )
          const keys = new Set(refused.map((row) => row.key))
          for (const { thumbprint } of await certificatesOf(key)) {
            assert.ok(!keys.has(thumbprint))
          }
          if (answer.status === 503) assert.equal(outcome(await send()), '201')
        },
      }
    })
    Reflect.deleteProperty(held.authority, 'signer')
  })
})
