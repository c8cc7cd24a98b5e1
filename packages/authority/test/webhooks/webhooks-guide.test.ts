import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { quietPort } from '@sallyport/virtual-device'
import { signMessage } from '../../src/webhooks/standard-webhooks.ts'

const page = readFileSync(new URL('../../../../../docs/guide/webhooks.md', import.meta.url), 'utf8')
const receiver = /```js\n(.*?)```/s.exec(page)?.[1] ?? assert.fail('the page has no receiver')

test('the receiver of the page takes what is signed, and nothing else', async () => {
  const key = Buffer.alloc(32, 5)
  const port = await quietPort()
  const env = {
    ...process.env,
    PORT: String(port),
    WEBHOOK_SECRET: `whsec_${key.toString('base64')}`,
  }
  const child = spawn(process.execPath, ['--input-type=module', '-e', receiver], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const message = { id: 'msg_1', body: '{"type":"webhook.test"}' }
    const send = async (headers: Record<string, string>, body = message.body) => {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })
      return answer.status
    }
    const signed = (keys: Buffer[], at = Date.now()) => signMessage(message, keys, at)
    for (let tries = 0; tries < 1_200; tries++) {
      if (await send({}).catch(() => undefined)) break
      await sleep(50)
    }
    const other = Buffer.alloc(32, 6)
    assert.equal(await send(signed([key])), 204)
    assert.equal(await send(signed([other, key])), 204, 'while keys change')
    assert.equal(await send(signed([other])), 400)
    assert.equal(await send(signed([key]), '{"type":"another"}'), 400)
    assert.equal(await send(signed([key], Date.now() - 3_600_000)), 400, 'an old one')
    assert.equal(await send({}), 400)
  } finally {
    child.kill()
    await once(child, 'exit')
  }
})
