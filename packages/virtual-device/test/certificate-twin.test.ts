import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  certificatesFromPem,
  derBitString,
  derInteger,
  derSequence,
  integerBytesOf,
  readDer,
  tags,
  toPem,
} from '@sallyport/pki'
import { cleanUps } from './clean-ups.ts'
import { deployGateway, type GatewayDeployment } from './gateway-deployment.ts'

let deployment: GatewayDeployment
const whenOver = cleanUps()
before(async () => {
  deployment = await deployGateway(whenOver)
})
after(() => whenOver.run())

const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The certificate with the other signature (r, n - s), which anybody can make: another thumbprint. */
function twinOf(pem: string): string {
  const [leaf, ca] = certificatesFromPem(pem)
  assert.ok(leaf && ca)
  const outer = readDer(leaf.der).enter('Certificate')
  outer.next(tags.sequence)
  const algorithm = outer.next(tags.sequence).whole
  const value = readDer(leaf.signature).enter('ECDSA-Sig-Value')
  const r = value.next(tags.integer).whole
  const s = BigInt(`0x${integerBytesOf(value.next(tags.integer)).toString('hex')}`)
  const other = Buffer.from((order - s).toString(16).padStart(64, '0'), 'hex')
  const signature = derSequence(r, derInteger(other))
  const twin = derSequence(leaf.tbs, algorithm, derBitString(signature))
  return toPem('CERTIFICATE', twin) + toPem('CERTIFICATE', ca.der)
}

test('the twin of a certificate is no way round its end, at gateway and authority', async () => {
  const directory = join(deployment.authority.scratch(), 'device')
  const device = deployment.device('explain', { directory })
  await device.enroll()
  const key = readFileSync(device.keyFile, 'utf8')
  const cert = twinOf(readFileSync(device.certificateFile, 'utf8'))
  const ca = readFileSync(deployment.authority.caFile, 'utf8')
  const ask = (url: string, servername: string) =>
    new Promise<{ status: number | undefined; code: unknown }>((resolve, reject) => {
      const options = { key, cert, ca, servername, headers: { host: servername }, agent: false }
      const outgoing = request(url, options, (response) => {
        response.toArray().then((chunks: Buffer[]) => {
          const body = JSON.parse(Buffer.concat(chunks).toString()) as { code?: unknown }
          resolve({ status: response.statusCode, code: body.code })
        }, reject)
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  const answers = [
    await ask(`${deployment.gatewayUrl}/`, 'explain.example.com'),
    await ask(`${deployment.authority.url}/device/v1/me`, 'localhost'),
  ]
  for (const { status, code } of answers) {
    assert.equal(status, 401)
    assert.match(String(code), /^device_certificate_(signature_invalid|untrusted)$/)
  }
})
