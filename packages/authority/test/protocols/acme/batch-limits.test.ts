import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  defaultAndroidPhone,
  makeAttestationBatch,
  orderAttested,
  type AcmeAccount,
} from '@sallyport/virtual-device'
import { type AcmeDeployment, deployAcme, phoneRoot } from './acme-deployment.ts'

// A key that attests phones is in bad hands, and a credential with it: what it may vouch for in a day is bounded
// by this way, too.

let deployment: AcmeDeployment
let account: AcmeAccount
before(async () => {
  const enrollment = 'limits: { perBatchPerDay: { remote: 2, factory: 3 } }'
  deployment = await deployAcme({ enrollment })
  account = await deployment.open()
})
after(() => deployment.close())

const { securityLevel } = defaultAndroidPhone
for (const [provisioning, most] of [
  ['remote', 2],
  ['factory', 3],
] as const) {
  test(`one ${provisioning} certificate vouches for ${most} phones in a day`, async () => {
    const options = { root: phoneRoot, provisioning, securityLevel, at: Date.now() }
    const batch = makeAttestationBatch(options)
    const order = async (number: number) => {
      const serialNumber = `${provisioning}${number}`.toUpperCase()
      return orderAttested(account, {
        identifier: { type: 'permanent-identifier', value: serialNumber },
        phone: { root: phoneRoot, platform: 'android', phone: { serialNumber }, batch },
      })
    }
    for (let number = 0; number < most; number++) await order(number)
    await assert.rejects(order(most), /429: .*enrollment_too_often/s)
  })
}
