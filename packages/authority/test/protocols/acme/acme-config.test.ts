import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { isReasonCode } from '@sallyport/problem'
import { defaultIosPhone, openAcmeAccount, orderAttested } from '@sallyport/virtual-device'
import { appOf } from '../../../src/config/app-of.ts'
import { checkConfig } from '../../../src/config/check-config.ts'
import { checkAcmeConfig } from '../../../src/protocols/acme/acme-config.ts'
import { readTestConfig } from '../../fixture/deployment.ts'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

const guide = readFileSync(new URL('../../../../../../docs/guide/acme.md', import.meta.url), 'utf8')

const status = `    status: { listen: '127.0.0.1:0' }
  status: { url: 'http://status.example.com' }`

describe('the configuration of ACME', () => {
  it('in the guide is taken, with the defaults that its table tells', () => {
    const [, yaml = ''] = /```yaml\napps:([\s\S]*?)```/.exec(guide) ?? []
    const config = readTestConfig('/nowhere', yaml, undefined, status)
    checkConfig(config)
    const { acme } = config.apps['wallet']?.protocols ?? {}
    assert.equal(acme?.externalAccount, 'required')
    assert.equal(acme?.serviceCertificateDays, 30)
  })

  it('in the guide names reasons that there are', () => {
    const codes = [...guide.matchAll(/`((?:acme|managed)_[a-z_]+)`/g)].map(([, code = '']) => code)
    assert.ok(codes.length >= 3)
    for (const code of codes) assert.ok(isReasonCode(code), code)
  })

  const listed = "apple: { managedDevices: { serialNumbers: ['C02XL3FHJG5J'] } }"
  const refused = {
    'enrols phones of anybody': `
    enrollment: { evidence: [android-key], enrollmentToken: required }
    android: { packages: [com.example], signerDigests: ['${'00'.repeat(32)}'] }
    protocols: { acme: { externalAccount: none } }`,
    'certifies servers of anybody': `
    ${listed}
    enrollment: { evidence: [apple-mda] }
    protocols: { acme: { externalAccount: none, serviceNames: [a.example.com] } }`,
    'lets mode shadow pass whoever asks': `
    ${listed}
    enrollment: { evidence: [apple-mda], mode: shadow }
    protocols: { acme: { externalAccount: none } }`,
  }
  for (const [name, app] of Object.entries(refused)) {
    it(`is refused where it ${name}`, () => {
      const config = readTestConfig('/nowhere', `\n  wallet:${app}\n`)
      assert.throws(() => checkConfig(config), /protocols\.acme/)
    })
  }
  it('is refused where devices of a user approve, for it knows no user', () => {
    const app = `
    enrollment: { evidence: [apple-mda], approval: device, user: { mode: required } }
    protocols: { acme: {} }`
    const { apps } = readTestConfig('/nowhere', `\n  wallet:${app}\n`)
    assert.throws(() => checkAcmeConfig('wallet', appOf(apps, 'wallet')), /protocols\.acme/)
  })
})

describe('ACME for devices of Apple, without credentials', () => {
  const { serialNumber } = defaultIosPhone
  let deployment: AcmeDeployment
  before(async () => {
    deployment = await deployAcme({
      apps: `
  wallet:
    insecureDevelopmentDevices: true
    apple: { managedDevices: { serialNumbers: [${serialNumber}] } }
    enrollment: { evidence: [apple-mda] }
    protocols: { acme: { externalAccount: none } }
`,
    })
  })
  after(() => deployment.close())

  const order = async (value: string) =>
    orderAttested(
      await openAcmeAccount({ directory: deployment.directoryUrl, ca: deployment.caPem }),
      {
        identifier: { type: 'permanent-identifier', value },
        phone: { root: phoneRoot, platform: 'ios', phone: { serialNumber: value } },
      },
    )

  it('certifies those that are listed, and no others that somebody manages', async () => {
    await order(serialNumber)
    await assert.rejects(order('ELSEWHERE123'), /badAttestationStatement/)
  })

  it('is off for apps that do not have it', async () => {
    const { caPem: ca } = deployment
    const directory = deployment.directoryUrl.replace('/wallet/', '/bank/')
    const answer = await deployment.device(new URL(directory).pathname)
    assert.equal(answer.status, 404)
    await assert.rejects(openAcmeAccount({ directory, ca }))
  })
})
