import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { quietPort } from '@sallyport/virtual-device'
import { blocksOf } from './guide.ts'
import { type GuideDeployment, guideDeployment } from './guide-deployment.ts'

const page = readFileSync(new URL('../../../../../docs/guide/webhooks.md', import.meta.url), 'utf8')
const [key = '', first = '', tried = '', failed = ''] = blocksOf(page, 'sh')
const [receiverCode = ''] = blocksOf(page, 'js')

describe('the page about webhooks, as it is written', { timeout: 120_000 }, () => {
  let deployment: GuideDeployment
  let receiver: ChildProcess | undefined
  let heard = ''
  before(async () => {
    deployment = await guideDeployment({ alone: true })
    await deployment.serve()
  })
  after(async () => {
    receiver?.kill()
    await deployment.end()
  })

  test('the receiver of the page hears what happens, and again what it is sent again', async () => {
    const { directory } = deployment
    await deployment.shell(key)
    const port = await quietPort()
    // As the page has it for a trial beside the authority.
    const trial = `{ url: 'http://127.0.0.1:${port}', insecurePlaintext: true, secretFile: siem.key, events: ['*'] }`
    deployment.configure(`authority: { webhooks: { siem: ${trial} } }`)
    writeFileSync(path.join(directory, 'receiver.mjs'), receiverCode)
    const secret = readFileSync(path.join(directory, 'siem.key'), 'utf8').trim()
    const env = { ...process.env, WEBHOOK_SECRET: secret, PORT: String(port) }
    const child = spawn(process.execPath, ['receiver.mjs'], { cwd: directory, env })
    receiver = child
    child.stdout.on('data', (chunk: Buffer) => {
      heard += chunk
    })
    await answers(port)

    assert.match(await deployment.shell(first), /delivered: HTTP status 204[^]*siem +active/)
    const [, line = ''] = tried.split('\n')
    const [, promised = ''] = /# (.*)$/.exec(line) ?? []
    const said = await deployment.shell(line)
    assert.ok(promised !== '' && said.startsWith(promised), said)
    await deployment.shell(failed.replace('--after 12', '--after 1'))
    const deadline = Date.now() + 60_000
    for (const type of ['webhook.test', 'configuration.changed', 'admin-token.created']) {
      while (!heard.includes(type)) {
        assert.ok(Date.now() < deadline, `no ${type}: ${heard}`)
        await sleep(50)
      }
    }
  })
})

/** Until something answers there: what is not signed is refused. */
async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' }).catch(
      () => undefined,
    )
    if (answer?.status === 400) return
    await sleep(50)
  }
  assert.fail('the receiver of the page does not listen')
}
