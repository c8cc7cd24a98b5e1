import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { newSigner, requestWith, type Signer } from './scep-client.ts'
import { type Asked, type MdmServer, startMdmServer } from './mdm-server.ts'
import { deployScep, scepApp, type ScepPlace } from './scep-place.ts'

const secret = 'a secret of more than thirty-two characters'
const fixed = 'the same for every device'

const secrets = () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-mdm-'))
  const file = (name: string, text: string) => {
    const at = path.join(directory, name)
    writeFileSync(at, `${text}\n`, { mode: 0o600 })
    return at
  }
  return { file, remove: () => rmSync(directory, { recursive: true }) }
}

describe('challenges of ours', () => {
  const { file, remove } = secrets()
  let scep: ScepPlace
  before(async () => {
    const bank = scepApp(`, insecureStaticChallengeFile: '${file('static', fixed)}'`)
    scep = await deployScep({ apps: scepApp() + bank.replaceAll('wallet', 'bank').slice(1) })
  })
  after(async () => {
    await scep.close()
    remove()
  })

  const credential = async (body: object) => {
    const answer = await scep.admin('/admin/v1/mdm/credentials', { body })
    assert.equal(answer.status, 201, answer.text)
    return answer.body as { credential: { id: string; maxPerHour: number }; challenge: string }
  }

  it('an MDM enrols its fleet with a credential, so many an hour, in its app alone', async () => {
    const { credential: made, challenge } = await credential({ appId: 'wallet', maxPerHour: 2 })
    const answers = []
    for (let count = 0; count < 2; count++) {
      answers.push((await scep.enroll(await newSigner(), challenge)).status)
    }
    assert.deepEqual(answers, ['0', '0'])
    // One more may come later: no refusal for good.
    await assert.rejects(
      async () => scep.enroll(await newSigner(), challenge),
      /^Error: 429 .*enrollment_credential_too_often/,
    )
    const { challenge: another } = await credential({ appId: 'wallet' })
    const elsewhere = await scep.enroll(await newSigner(), another, { appId: 'bank' } as object)
    assert.deepEqual([elsewhere.status, elsewhere.failInfo], ['2', '2'])
    const devices = (await scep.admin('/admin/v1/devices')).body.devices as object[]
    assert.equal(devices.length, 2)
    await scep.admin(`/admin/v1/mdm/credentials/${made.id}/revoke`, { body: { reason: 'leaked' } })
    const listed = (await scep.admin('/admin/v1/mdm/credentials')).body.credentials
    assert.deepEqual(listed.map(({ status }: { status: string }) => status).sort(), [
      'revoked',
      'usable',
    ])
    assert.equal((await scep.enroll(await newSigner(), challenge)).status, '2')
  })

  it('a secret that all devices have is named insecure, and warned of', async () => {
    const enroll = async (challenge: string) =>
      (await scep.enroll(await newSigner(), challenge, { appId: 'bank' } as object)).status
    assert.equal(await enroll(fixed), '0')
    assert.equal(await enroll(`${fixed}.`), '2')
    const metrics = await scep.operations('/metrics')
    assert.match(metrics.text, /insecure\{name="apps\.bank\.protocols\.scep\.insecureStatic/)
  })

  it('refuses what is no challenge: none, unknown, used, expired, of another app', async () => {
    const used = await scep.token()
    assert.equal((await scep.enroll(await newSigner(), used)).status, '0')
    for (const challenge of [undefined, '', 'guess', 'mdm_guess', used, await scep.token('bank')]) {
      const answer = await scep.enroll(await newSigner(), challenge)
      assert.deepEqual([answer.status, answer.failInfo], ['2', '2'], challenge ?? 'none')
    }
  })
})

describe('a webhook of an MDM', () => {
  const { file, remove } = secrets()
  let scep: ScepPlace
  let mdm: MdmServer
  before(async () => {
    mdm = await startMdmServer(() => ({ body: { allow: true, identifier: 'C0\u00002X\ud800K' } }))
    const webhook = `{ url: '${mdm.url}/ask', secretFile: '${file('webhook', secret)}' }`
    scep = await deployScep({ apps: scepApp(`, challenge: { webhook: ${webhook} }`) })
  })
  after(async () => {
    await scep.close()
    await mdm.close()
    remove()
  })

  it('is asked, signed, about what is not ours, and names the device', async () => {
    const signer = await newSigner()
    assert.equal((await scep.enroll(signer, 'of-the-mdm', { transactionId: 'T' })).status, '0')
    const [asked] = mdm.asked
    assert.ok(asked)
    const body = JSON.parse(asked.text)
    assert.deepEqual(
      [body.type, body.appId, body.transactionId, body.challenge, body.spkiSha256],
      ['scep.challenge', 'wallet', 'T', 'of-the-mdm', signer.certificate.spkiSha256],
    )
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': said } = asked.headers
    const expected = createHmac('sha256', secret).update([id, at, asked.text].join('.'))
    assert.equal(said, `v1,${expected.digest('base64')}`)
    assert.ok(Math.abs(Number(at) * 1_000 - Date.now()) < 60_000)
    // The same transaction again is answered without asking again.
    assert.equal((await scep.enroll(signer, 'of-the-mdm', { transactionId: 'T' })).status, '0')
    assert.equal(mdm.asked.length, 1)
    // What is ours goes to nobody.
    await scep.enroll(await newSigner(), await scep.token())
    assert.equal(mdm.asked.length, 1)
  })

  it('names the device that waits for approval, too', async () => {
    const webhook = `{ url: '${mdm.url}/ask', secretFile: '${file('webhook', secret)}' }`
    const apps = scepApp(`, challenge: { webhook: ${webhook} }`, ', approval: required')
    const approving = await deployScep({ apps })
    try {
      const signer = await newSigner()
      const ask = () => approving.enroll(signer, 'of-the-mdm', { transactionId: 'W' })
      assert.equal((await ask()).status, '3')
      const { approvals } = (await approving.admin('/admin/v1/approvals')).body
      await approving.admin(`/admin/v1/approvals/${approvals[0].id}/approve`, { body: {} })
      assert.equal((await ask()).status, '0')
      const { rows } = (await approving.admin('/admin/v1/audit?action=device.enrolled')).body
      assert.equal(rows[0].detail.after.identifier, 'C02XK')
    } finally {
      await approving.close()
    }
  })

  it('enrols nobody where it says no, or nothing that can be understood', async () => {
    mdm.answer = () => ({ body: { allow: 'yes' } })
    const refused = await scep.enroll(await newSigner(), 'x')
    assert.deepEqual([refused.status, refused.failInfo], ['2', '2'])
    for (const answer of [
      { status: 500, body: {} },
      { status: 302, body: {} },
      { body: 'no JSON' },
      { body: [] },
      { body: 'x'.repeat(20_000) },
    ]) {
      mdm.answer = () => answer
      await assert.rejects(async () => scep.enroll(await newSigner(), 'x'), /^Error: 503 /)
    }
  })
})

describe('Intune', () => {
  const { file, remove } = secrets()
  let scep: ScepPlace
  let intune: MdmServer
  let verdict: string
  const answer = ({ path: at, text }: Asked): { status?: number; body: unknown } => {
    if (at === '/tenant/oauth2/v2.0/token') {
      const scope = new URLSearchParams(text).get('scope')
      return { body: { access_token: `token for ${scope}`, expires_in: 3600 } }
    }
    if (at.startsWith('/v1.0/servicePrincipals/')) {
      return {
        body: {
          value: [
            { providerName: 'Another', uri: 'https://example.com' },
            { providerName: 'ScepRequestValidationFEService', uri: `${intune.url}/FE` },
          ],
        },
      }
    }
    return { body: { code: verdict, errorDescription: '' } }
  }
  before(async () => {
    verdict = 'Success'
    intune = await startMdmServer(answer)
    const settings = `{ tenantId: tenant, clientId: 0a1b, clientSecretFile: '${file('intune', 's3cret')}', loginUrl: '${intune.url}', graphUrl: '${intune.url}' }`
    scep = await deployScep({ apps: scepApp(`, challenge: { intune: ${settings} }`) })
  })
  after(async () => {
    await scep.close()
    await intune.close()
    remove()
  })
  const actions = () => intune.asked.filter(({ path: at }) => at.startsWith('/FE/'))

  it('is asked about challenge and request, and told of the certificate', async () => {
    const signer: Signer = await newSigner()
    const content = await requestWith(signer.key, 'an encrypted blob')
    const issued = await scep.ask({ content, signer, transactionId: 'INTUNE-1' })
    assert.equal(issued.status, '0', issued.failInfo ?? '')
    const [login] = intune.asked
    const form = Object.fromEntries(new URLSearchParams(login?.text))
    assert.deepEqual(form, {
      grant_type: 'client_credentials',
      client_id: '0a1b',
      client_secret: 's3cret',
      scope: 'https://api.manage.microsoft.com//.default',
    })
    const [validate, told] = actions()
    assert.equal(validate?.path, '/FE/ScepActions/validateRequest')
    assert.equal(
      validate?.headers.authorization,
      'Bearer token for https://api.manage.microsoft.com//.default',
    )
    assert.equal(validate?.headers['api-version'], '2018-02-20')
    assert.match(String(validate?.headers['client-request-id']), /^[0-9a-f-]{36}$/)
    const { request } = JSON.parse(validate?.text ?? '')
    assert.equal(request.transactionId, 'INTUNE-1')
    assert.equal(request.certificateRequest, content.toString('base64'))
    assert.equal(request.callerInfo, 'Sallyport')
    assert.equal(told?.path, '/FE/ScepActions/successNotification')
    const { notification } = JSON.parse(told?.text ?? '')
    const [certificate] = issued.certificates
    assert.equal(notification.certificateSerialNumber, certificate?.serial)
    const sha1 = createHash('sha1')
      .update(certificate?.der ?? '')
      .digest('hex')
    assert.equal(notification.certificateThumbprint, sha1.toUpperCase())
    assert.match(notification.certificateExpirationDateUtc, /^\d{4}-.*Z$/)
    assert.match(notification.issuingCertificateAuthority, /^CN=Unattested CA wallet/)
  })

  it('enrols nobody whose request it does not know, and tokens are asked for once', async () => {
    verdict = 'ChallengeDeserializationError'
    const before = intune.asked.length
    const refused = await scep.enroll(await newSigner(), 'of another tenant')
    assert.deepEqual([refused.status, refused.failInfo], ['2', '2'])
    assert.equal(intune.asked.length, before + 1)
    verdict = 'Success'
  })

  it('tells it why nothing was issued', async () => {
    const signer = await newSigner()
    const issued = await scep.enroll(signer, 'blob')
    const id = issued.certificates[0]?.uris[0]?.split('/').at(-1)
    await scep.admin(`/admin/v1/devices/${id}/revoke`, { body: {} })
    const refused = await scep.enroll(signer, 'blob', { transactionId: 'again' })
    assert.equal(refused.status, '2')
    const told = actions().at(-1)
    assert.equal(told?.path, '/FE/ScepActions/failureNotification')
    const { notification } = JSON.parse(told?.text ?? '')
    assert.equal(notification.hResult, 0x8000_4005)
    assert.match(notification.errorDescription, /^device_revoked/)
  })

  it('is waited for no longer than devices wait', async () => {
    intune.answer = () => 'never'
    const begun = performance.now()
    await assert.rejects(async () => scep.enroll(await newSigner(), 'blob'), /^Error: 503 /)
    assert.ok(performance.now() - begun < 9_000)
    intune.answer = answer
  })
})
