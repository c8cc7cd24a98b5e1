import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { endLeftOver, newFolder, sallyport, startDev } from '../sallyport.ts'

after(endLeftOver)

/** Why a gateway is not ready; undefined where it is. */
async function whyNotReady(configFile: string): Promise<string | undefined> {
  const config = parse(readFileSync(configFile, 'utf8')) as {
    gateway: { operations: { listen: string } }
  }
  const answer = await fetch(`http://${config.gateway.operations.listen}/health/ready`)
  return answer.status === 200 ? undefined : ((await answer.json()) as { why: string }).why
}

test('where two revoked its gateway, dev says so at its next start, and what to do', async () => {
  const directory = path.join(newFolder(), 'dev')
  const dev = await startDev(directory)
  const config = ['--config', dev.facts.configFile]
  const revoke = await sallyport(['gateways', 'revoke', 'gateway-1', '--yes', ...config])
  assert.match(revoke.stderr, /second_person_needed/)
  assert.match(revoke.stderr, /last gateway that serves/)
  const [proposal = ''] = /prp_[a-z2-7]+/.exec(revoke.stderr) ?? []
  const host = ['tokens', 'create', '--admin', '--role', 'admin', '--offline', '--label', 'Grace']
  const { stdout } = await sallyport([...host, ...config])
  const agreed = await sallyport(['proposals', 'agree', proposal, ...config], {
    env: { SALLYPORT_ADMIN_TOKEN: stdout.trim() },
  })
  assert.equal(agreed.code, 0, agreed.stderr)
  const deadline = performance.now() + 60_000
  while ((await whyNotReady(dev.facts.configFile)) !== 'this gateway was revoked') {
    assert.ok(performance.now() < deadline, 'the gateway says why it is not ready')
    await sleep(50)
  }
  await dev.end()

  const again = await sallyport(['dev', '--dir', directory, '--json'])
  assert.equal(again.code, 3)
  const problem = JSON.parse(again.stderr.slice(again.stderr.indexOf('{'))) as {
    code: string
    detail: string
  }
  assert.equal(problem.code, 'gateway_revoked')
  assert.match(problem.detail, /was revoked, and refuses everything for good.*--dir/)
})
