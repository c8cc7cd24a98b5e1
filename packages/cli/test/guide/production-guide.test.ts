import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { quietPorts } from '@sallyport/virtual-device'
import { parse, stringify } from 'yaml'
import { endLeftOverRoles, startRole } from '../acceptance/role-process.ts'
import { newFolder } from '../sallyport.ts'
import { blocksOf, pageOf, shellLines } from './guide.ts'
import { type GuideDeployment, guideDeployment } from './guide-deployment.ts'
import { type Members, mergeShown } from './merge-shown.ts'

const page = pageOf('production')
const lines = shellLines(page)
const run = new Set<string>()
const lineOf = (words: string): string => {
  const line = lines.find((one) => one.includes(words))
  assert.ok(line, words)
  run.add(line)
  return line
}

describe('the page about production, as it is written', { timeout: 240_000 }, () => {
  let deployment: GuideDeployment
  const medium = newFolder()
  before(async () => {
    deployment = await guideDeployment()
  })
  after(async () => {
    await deployment.end()
    endLeftOverRoles()
  })
  const shell = (line: string) =>
    deployment.shell(
      line.replaceAll('/media/offline', medium).replaceAll('/backup/', `${medium}/backup/`),
    )
  const configFile = () => path.join(deployment.directory, 'sallyport.yaml')

  test('the keys of the roots go offline, and nothing is wrong without them', async () => {
    await shell(`${lineOf('mkdir -p')}; ${lineOf('mv state/keys')}`)
    await shell(lineOf('config validate'))
    lineOf('sallyport serve')
    await deployment.serve()
    // The service behind the gateway is not there: that is a warning.
    assert.match(await shell(`${lineOf('sallyport doctor')} 2>&1`), / 0 wrong/)
  })

  test('another gateway on a machine of its own follows by the name that the admin listener was given', async () => {
    await shell(lineOf('certificates create'))
    await shell(lineOf('gateways certify'))
    const [name] = ['admin.example.com']
    const admin = `certificateFile: certificates/${name}.crt, keyFile: certificates/${name}.key`
    deployment.configure(`authority: { listeners: { admin: { ${admin} } } }`)
    await deployment.end()
    await deployment.serve()

    const machine = newFolder()
    for (const folder of ['gateway-2', 'certificates']) {
      cpSync(path.join(deployment.directory, folder), path.join(machine, folder), {
        recursive: true,
      })
    }
    const whole = parse(readFileSync(configFile(), 'utf8')) as Members
    const { version, trustDomain, gateway } = whole
    const shown = blocksOf(page, 'yaml').find((block) => block.includes('gateway-2')) ?? ''
    const second = mergeShown({ version, trustDomain, gateway }, parse(shown) as Members)
    const [listen, operations] = await quietPorts(2)
    const own = `gateway: { listen: ['127.0.0.1:${listen}'], operations: { listen: '127.0.0.1:${operations}' }, authority: { url: 'https://localhost:${deployment.ports.admin}' } }`
    const file = path.join(machine, 'sallyport.yaml')
    writeFileSync(file, stringify(mergeShown(second, parse(own) as Members)))
    const role = await startRole('gateway', file, `127.0.0.1:${operations}`)
    assert.match(await shell('sallyport gateways list'), /^gateway-2 +gateway +active/m)
    await role.end()
  })

  test('phones are let in by a token, and by somebody who approves', async () => {
    assert.match(await shell(lineOf('tokens create --label')), /^ent_/)
    await shell(lineOf('sallyport approve'))
    await assert.rejects(shell(lineOf('approve apr_').replace('…', 'a'.repeat(26))), /not_found/)
  })

  test('certificates are renewed from the medium, a reload takes them, and the store is backed up', async () => {
    assert.match(await shell(lineOf('certificates renew')), /admin\.example\.com\.crt +kept/)
    lineOf('systemctl reload')
    await shell('sallyport config validate && sallyport reload')
    await shell(`mkdir -p /backup/ && ${lineOf('store backup')}`)
    assert.match(await shell(`${lineOf('audit verify')} 2>&1`), /--contains \d+:\S+/)
  })

  test('every line of the page was run', () => {
    // `init` made the deployment, in a folder of its own.
    const left = lines.filter((line) => !run.has(line) && !/^(?:sallyport init|cd) /.test(line))
    assert.deepEqual(left, [])
  })
})
